/**
 * What every storage engine of Runnel offers: a list of statements in one transaction. The embedded engine
 * (embedded.ts) and the server engine (remote/server.ts) implement it; batcher.ts gathers many callers into few calls.
 */

/** A value that SQL stores or binds. Integers are bound as 64-bit integers, other numbers as doubles. */
export type Value = null | number | bigint | string | Uint8Array;

/** Bytes made for one statement alone: an engine may move them to another thread, and then they are gone here. */
export class OwnedBytes extends Uint8Array<ArrayBuffer> {}

/** One SQL statement with its positional parameters (`?1`, `?2`, …). */
export interface Statement {
  readonly sql: string;
  readonly args: readonly Value[];
}

/** One row, in the order of the selected columns. Integers beyond 2^53 must be selected as text. */
export type Row = Value[];

/** What one statement answered. */
export interface Result {
  readonly rows: Row[];
  /** Rows inserted, updated or deleted by the statement itself (triggers not counted). */
  readonly changes: number;
}

/** How a write is committed. */
export interface WriteOptions {
  /** Called before the write resolves when another process wrote the database since this one did. */
  readonly onShared?: (() => void) | undefined;
  /**
   * Whether a power failure may undo it, as long as nothing that is durable was committed after it. It is seen by all at
   * once, and survives that a process is killed; an engine may save the fsync.
   */
  readonly mayBeLost?: boolean | undefined;
}

/** A database that runs lists of statements. */
export interface Engine {
  /**
   * Runs reading statements, one snapshot a call, and answers one result for each. They are short: each looks up a few
   * rows by an index, however much is stored, because every other such read waits for them.
   */
  read(statements: readonly Statement[]): Promise<Result[]>;
  /** The same for statements whose work grows with what is stored or asked. No `read` waits for them. */
  scan(statements: readonly Statement[]): Promise<Result[]>;
  /**
   * Runs statements in one write transaction: all take effect or none. It resolves after the commit is durable
   * (embedded: `synchronous=FULL`; server: what that server promises), unless the options say that it may be lost.
   */
  write(statements: readonly Statement[], options?: WriteOptions): Promise<Result[]>;
  /** Waits for what runs, then closes the database. */
  close(): Promise<void>;
}

/** Why the engine refused: the caller may retry `busy` and `unavailable`, must not retry the others. `damaged`: what is stored is not what was written. */
export type EngineFailure =
  | "busy"
  | "full"
  | "constraint"
  | "too-large"
  | "unavailable"
  | "damaged"
  | "other";

/** An error of the storage engine. Its message may hold SQL: it is logged, never sent. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  constructor(readonly failure: EngineFailure, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The database file cannot be opened; the message says why, and what to do. */
export class DatabaseFileError extends Error {
  override readonly name = "DatabaseFileError";
}

/** Sorts an error of libsql or @libsql/client by its SQLite result code (https://sqlite.org/rescode.html). */
export function toEngineError(cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const text = `${code ?? ""} ${message ?? cause}`;
  return new EngineError(failureOf(text), text.trim(), { cause });
}

function failureOf(text: string): EngineFailure {
  if (/SQLITE_(BUSY|LOCKED)/.test(text)) return "busy";
  if (/SQLITE_FULL|database or disk is full|no space left/i.test(text)) return "full";
  if (/SQLITE_CONSTRAINT|constraint failed/i.test(text)) return "constraint";
  if (/SQLITE_TOOBIG|string or blob too big|RESPONSE_TOO_LARGE|HTTP status 413/.test(text)) {
    return "too-large";
  }
  if (/SQLITE_(CORRUPT|NOTADB)/.test(text)) return "damaged";
  if (
    /SQLITE_(IOERR|CANTOPEN|READONLY)|TRANSACTION_(TIMEOUT|BUSY)|fetch|connect|network|HTTP|closed/i
      .test(text)
  ) {
    return "unavailable";
  }
  return "other";
}

/** The value as the drivers want it: whole numbers as bigint, because they bind a plain number as a double. */
export function toBinding(value: Value): null | number | bigint | string | Uint8Array {
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}
