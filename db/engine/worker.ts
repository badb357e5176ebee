/**
 * The thread that holds one connection of the embedded database. SQLite is synchronous: here an fsync or a long
 * statement stops no HTTP request. Statements are prepared once and kept, which is why this file uses `libsql`
 * (the driver under @libsql/client) itself: docs/engine.md has the figures.
 */
/// <reference lib="webworker" />
import Database from "libsql";
import { type Result, type Row, type Statement, toBinding, toEngineError } from "./engine.ts";
import { CLOSING_PRAGMAS, OPENED_PRAGMAS, PRAGMAS, SYNCHRONOUS } from "./pragmas.ts";
import type { Transaction, WorkerOptions, WorkerRequest, WorkerResponse } from "./protocol.ts";
import { SELECT_VERSION, Versions } from "./versions.ts";
import { WriteLock } from "./lock/write_lock.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Bytes from which moving a buffer to the other thread is cheaper than copying it. */
const WORTH_A_TRANSFER = 16 * 1024;

interface Prepared {
  readonly returnsRows: boolean;
  all(args: unknown[]): Row[];
  run(args: unknown[]): { changes: number };
}

/** One connection with its prepared statements. */
class Connection {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Prepared>();
  /** Of a writer alone. */
  readonly #lock: WriteLock | undefined;
  /** How transactions are committed. */
  #isSetTo: keyof typeof SYNCHRONOUS = "durable";
  readonly #versions = new Versions();
  #isShared = false;

  constructor({ path, role, sync }: WorkerOptions) {
    const replica = { syncUrl: sync?.url, authToken: sync?.authToken };
    this.#db = new Database(path, (role === "replica" ? replica : {}) as Database.Options);
    for (const pragma of [...PRAGMAS[role], ...OPENED_PRAGMAS[role]]) this.#db.exec(`PRAGMA ${pragma}`);
    if (role === "writer") this.#lock = new WriteLock(path, () => this.#begin());
  }

  /** Whether another process wrote between the last two write transactions. */
  get isShared(): boolean {
    return this.#isShared;
  }

  sync(): Result[] {
    const { frame_no } = this.#db.sync() as { frame_no?: number };
    // Of an empty database it names none.
    return [{ rows: [[frame_no ?? 0]], changes: 0 }];
  }

  /** Runs statements in one transaction; a writer waits for the write lock before (`WriteLock.take`). All are stored or none. */
  transaction({ statements, mayBeLost }: Transaction): Result[] {
    if (this.#lock === undefined) this.#statement("BEGIN").run([]);
    else {
      this.#commitAs(mayBeLost ? "mayBeLost" : "durable");
      this.#lock.take();
    }
    try {
      const results = statements.map((statement) => this.#execute(statement));
      this.#statement("COMMIT").run([]);
      return results;
    } catch (error) {
      if (this.#db.inTransaction) this.#statement("ROLLBACK").run([]);
      throw error;
    } finally {
      this.#lock?.release();
    }
  }

  /** Runs a statement that no transaction may hold. */
  alone(statement: Statement): Result[] {
    return [this.#execute(statement)];
  }

  close(): void {
    this.#prepared.clear();
    if (this.#lock !== undefined) { for (const pragma of CLOSING_PRAGMAS) this.#db.exec(`PRAGMA ${pragma}`); }
    this.#db.close();
    this.#lock?.close();
  }

  #commitAs(wanted: keyof typeof SYNCHRONOUS): void {
    if (wanted === this.#isSetTo) return;
    // A prepared statement would set nothing when it runs: this pragma acts when it is parsed.
    this.#db.exec(`PRAGMA ${SYNCHRONOUS[wanted]}`);
    this.#isSetTo = wanted;
  }

  #begin(): void {
    this.#statement("BEGIN IMMEDIATE").run([]);
    this.#isShared = this.#versions.isAnother(this.#statement(SELECT_VERSION).all([])[0]![0]);
  }

  #execute({ sql, args }: Statement): Result {
    const statement = this.#statement(sql);
    const bindings = args.map(toBinding);
    if (!statement.returnsRows) return { rows: [], changes: statement.run(bindings).changes };
    const rows = statement.all(bindings);
    return { rows, changes: rows.length };
  }

  #statement(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.#prepare(sql);
      // Statements are constants of db/, so the map is as small as the program's SQL.
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }

  #prepare(sql: string): Prepared {
    const statement = this.#db.prepare(sql);
    const returnsRows = statement.reader;
    if (returnsRows) statement.raw(true);
    return {
      returnsRows,
      all: (args) => statement.all(args) as Row[],
      run: (args) => statement.run(args),
    };
  }
}

/** Answers that are to be sent, and the buffers that go with them. */
let answers: WorkerResponse[] = [], buffers: ArrayBuffer[] = [];

function answer(response: WorkerResponse): void {
  answers.push(response);
  if (!("results" in response)) return;
  for (const { rows } of response.results) {
    for (const row of rows) {
      for (const value of row) {
        if (value instanceof Uint8Array && value.byteLength >= WORTH_A_TRANSFER) {
          buffers.push(value.buffer as ArrayBuffer);
        }
      }
    }
  }
}

/** To wake the other thread costs more than a short answer: it gets all that are ready. */
function send(): void {
  if (answers.length === 0) return;
  scope.postMessage(answers, buffers);
  answers = [];
  buffers = [];
}

function refuse(id: number, cause: unknown): void {
  const { failure, message } = toEngineError(cause);
  answer({ id, failure, message });
}

let connection: Connection;

/** Answers that are ready wait no longer than this for others of the same message, in milliseconds. */
const LONGEST_WAIT = 1;

function perform(request: WorkerRequest): void {
  try {
    if ("close" in request) connection.close();
    const results = "statements" in request
      ? connection.transaction(request)
      : "alone" in request
      ? connection.alone(request.alone)
      : "sync" in request
      ? connection.sync()
      : [];
    answer({ id: request.id, results, isShared: connection.isShared });
  } catch (error) {
    refuse(request.id, error);
  }
}

function performAll(requests: readonly WorkerRequest[]): void {
  let sent = performance.now();
  for (const request of requests) {
    perform(request);
    if (performance.now() - sent < LONGEST_WAIT) continue;
    send();
    sent = performance.now();
  }
  send();
}

scope.onmessage = ({ data: [options] }: MessageEvent<[WorkerOptions]>) => {
  try {
    connection = new Connection(options);
    scope.onmessage = ({ data }: MessageEvent<WorkerRequest[]>) => performAll(data);
    answer({ id: 0, results: [] });
  } catch (error) {
    refuse(0, error);
  }
  send();
};
