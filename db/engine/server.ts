/**
 * The server engine: a libSQL server or Turso over HTTP. No native code, no file system, no thread, as edge hosting
 * needs. A call is one round trip; its durability is what that server promises. A server that hangs is noticed within
 * 2 s (patience.ts).
 */
import { type Client, createClient, type InStatement, LibsqlError, type ResultSet } from "@libsql/client/web";
import {
  type Engine,
  EngineError,
  type Result,
  type Statement,
  toBinding,
  toEngineError,
  type Value,
} from "./engine.ts";
import { Patience } from "./patience.ts";

/** Calls under way at once; others wait. A libSQL server refuses (429) what comes over more than 128 connections. */
const MOST_CALLS = 32;

/** Connects to `http://`, `https://` or `libsql://`. Nothing is sent until the first call. */
export function openServer(url: string, authToken?: string): Engine {
  const patience = new Patience(url, authToken);
  const client = createClient({
    url,
    ...(authToken !== undefined && { authToken }),
    fetch: (request: Request) => patience.fetch(request),
    concurrency: MOST_CALLS,
  });
  return {
    read: (statements) => run(client, statements, "read"),
    write: (statements) => run(client, statements, "write"),
    close() {
      patience.close();
      client.close();
      return Promise.resolve();
    },
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
    throw toServerError(error);
  }
}

/** The error of a call. An error without a code of SQLite's comes from the network or from a proxy: `unavailable`. */
function toServerError(cause: unknown): EngineError {
  const error = toEngineError(cause);
  if (error.failure !== "other" || (cause instanceof LibsqlError && /^SQL/.test(cause.code))) return error;
  return new EngineError("unavailable", error.message, { cause });
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
