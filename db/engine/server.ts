/**
 * The server engine: a libSQL server or Turso over HTTP. No native code, no file system, no thread, as edge hosting
 * needs. A call is one round trip; its durability is what that server promises.
 */
import { type Client, createClient, type InStatement, type ResultSet } from "@libsql/client/web";
import { type Engine, type Result, type Statement, toBinding, toEngineError, type Value } from "./engine.ts";

/** Connects to `http://`, `https://` or `libsql://`. Nothing is sent until the first call. */
export function openServer(url: string, authToken?: string): Engine {
  const client = createClient(authToken === undefined ? { url } : { url, authToken });
  return {
    read: (statements) => run(client, statements, "read"),
    write: (statements) => run(client, statements, "write"),
    close: () => Promise.resolve(client.close()),
  };
}

async function run(
  client: Client,
  statements: readonly Statement[],
  mode: "read" | "write",
): Promise<Result[]> {
  const bound = statements.map(({ sql, args }): InStatement => ({ sql, args: args.map(toBinding) }));
  try {
    const [first, ...others] = bound;
    if (first === undefined) return [];
    // A single statement is a transaction of its own.
    const results = others.length === 0 ? [await client.execute(first)] : await client.batch(bound, mode);
    return results.map(toResult);
  } catch (error) {
    throw toEngineError(error);
  }
}

function toResult({ rows, columns, rowsAffected }: ResultSet): Result {
  return {
    rows: rows.map((row) => columns.map((_, i) => toValue(row[i]))),
    changes: columns.length > 0 ? rows.length : rowsAffected,
  };
}

function toValue(value: ResultSet["rows"][number][number] | undefined): Value {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value ?? null;
}
