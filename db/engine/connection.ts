/** A connection of the embedded database in a thread of its own; see worker.ts. */
import { EngineError, OwnedBytes, type Result, type Statement } from "./engine.ts";
import type { WorkerOptions, WorkerRequest, WorkerResponse } from "./protocol.ts";

interface Pending {
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: EngineError) => void;
}

/** A connection in a worker thread; answers come back in the order of the calls. */
export class WorkerConnection {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #broken: EngineError | undefined;

  private constructor() {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "runnel-db" });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => this.#settle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#break(`the database thread failed: ${event.message}`);
    };
  }

  /** Starts the thread and opens the database there. */
  static async open(options: WorkerOptions): Promise<WorkerConnection> {
    const connection = new WorkerConnection();
    try {
      await connection.#post(0, options, []);
    } catch (error) {
      connection.#worker.terminate();
      throw error;
    }
    return connection;
  }

  run(statements: readonly Statement[]): Promise<Result[]> {
    const id = ++this.#lastId;
    return this.#post(id, { id, statements } satisfies WorkerRequest, transferable(statements));
  }

  /** Runs a statement that no transaction may hold, such as VACUUM. */
  runAlone(statement: Statement): Promise<Result[]> {
    const id = ++this.#lastId;
    return this.#post(id, { id, alone: statement } satisfies WorkerRequest, []);
  }

  /** Brings a replica up to its primary. */
  async sync(): Promise<void> {
    const id = ++this.#lastId;
    await this.#post(id, { id, sync: true } satisfies WorkerRequest, []);
  }

  async close(): Promise<void> {
    const id = ++this.#lastId;
    if (this.#broken === undefined) await this.#post(id, { id, close: true } satisfies WorkerRequest, []);
    this.terminate();
  }

  /** Ends the thread without closing the connection. */
  terminate(): void {
    this.#break("the database is closed");
    this.#worker.terminate();
  }

  #post(id: number, message: WorkerOptions | WorkerRequest, transfer: ArrayBuffer[]): Promise<Result[]> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(message, transfer);
    });
  }

  #settle(response: WorkerResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ("results" in response) pending?.resolve(response.results);
    else pending?.reject(new EngineError(response.failure, response.message));
  }

  #break(why: string): void {
    this.#broken ??= new EngineError("unavailable", why);
    for (const { reject } of this.#pending.values()) reject(this.#broken);
    this.#pending.clear();
  }
}

/** Owned bytes move to the worker instead of being copied. */
function transferable(statements: readonly Statement[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const { args } of statements) {
    for (const arg of args) {
      if (arg instanceof OwnedBytes) buffers.push(arg.buffer as ArrayBuffer);
    }
  }
  return buffers;
}
