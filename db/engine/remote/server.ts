/**
 * The server engine: a libSQL server or Turso over HTTP. No native code, no file system, no thread, as edge hosting
 * needs. A call is one round trip; its durability is what that server promises. A server that hangs is noticed within
 * 2 s (patience.ts). Behind the address may be a replica of a primary: a read waits there for what this process wrote.
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
} from "../engine.ts";
import { SELECT_VERSION, Versions } from "../versions.ts";
import type { Answer, Call, Send } from "./exchange.ts";
import { Patience } from "./patience.ts";
import { Streams } from "./streams.ts";

/** Calls of a kind under way at once; others wait. A libSQL server refuses (429) what comes over more than 128 connections. */
const MOST_CALLS = 32;

/** The last statement of a write. It is asked on the stream of the write before, or else answers another number. */
const VERSION: Statement = { sql: SELECT_VERSION, args: [] };

/** Connects to `http://`, `https://` or `libsql://`. Nothing is sent until the first call. */
export function openServer(url: string, authToken?: string): Engine {
  const written = new LogIndex(), versions = new Versions();
  const reading = new Patience(url, authToken, "read"), writing = new Patience(url, authToken, "write");
  const open = (send: Send) => openClient(url, authToken, send);
  const openReader = () => open((call) => reading.send(written.awaitedBy(call)));
  const reader = openReader(), scanner = openReader();
  const writer = open(async (call) => written.after(await writing.send(call)));
  return {
    read: (statements) => run(reader, statements, "read"),
    scan: (statements) => run(scanner, statements, "read"),
    async write(statements, { onShared } = {}) {
      // Of a single statement nobody needs to know: it is cheaper alone.
      if (statements.length < 2) return await run(writer, statements, "write");
      const results = await run(writer, [...statements, VERSION], "write");
      if (versions.isAnother(results.pop()!.rows[0]![0])) onShared?.();
      return results;
    },
    close() {
      reading.close();
      writing.close();
      for (const client of [reader, scanner, writer]) client.close();
      return Promise.resolve();
    },
  };
}

/** A client that sends calls of one kind, over streams of its own. */
function openClient(
  url: string,
  authToken: string | undefined,
  send: Send,
): Client {
  const streams = new Streams(send);
  return createClient({
    url,
    ...(authToken !== undefined && { authToken }),
    fetch: (request: Request) => streams.fetch(request),
    concurrency: MOST_CALLS,
  });
}

/**
 * A place in the log of the primary, as an answer named it. After a write it is the place of this process's last commit. A
 * replica that is asked with that place answers once it has got so far (`replication_index` in https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md).
 */
class LogIndex {
  index: string | undefined;

  /** The call, for a state of the database that holds what was written. */
  awaitedBy(call: Call): Call {
    if (this.index === undefined) return call;
    // The first such key is the call's own: inside a text each quote has a backslash before it.
    const body = call.body?.replace(/"(?:stmt|batch)":\{/, `$&"replication_index":"${this.index}",`);
    return { ...call, body };
  }

  /** Notes what was answered. Commits of a process follow each other, so the last one counts. */
  after(answer: Answer): Answer {
    this.index = INDEX.exec(answer.text)?.[1] ?? this.index;
    return answer;
  }
}

/** Neither can this stand in a text: there each quote has a backslash before it. */
const INDEX = /(?<!\\)"replication_index":"(\d+)"/;

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
