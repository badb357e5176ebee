/** A connection of the embedded database in a thread of its own; see worker.ts. */
import { Slots } from "../slots.ts";
import { EngineError, OwnedBytes, type Result, type Statement, type WriteOptions } from "./engine.ts";
import type { WorkerOptions, WorkerRequest, WorkerResponse } from "./protocol.ts";

interface Pending {
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: EngineError) => void;
  readonly onShared: WriteOptions["onShared"];
}

/** A connection in a worker thread. */
export class WorkerConnection {
  readonly #worker: Worker;
  readonly #pending = new Slots<Pending>();
  #broken: EngineError | undefined;

  private constructor() {
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "runnel-db" });
    this.#worker.onmessage = ({ data }: MessageEvent<WorkerResponse[]>) => {
      for (const response of data) this.#settle(response);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#break(`the database thread failed: ${event.message}`);
    };
  }

  /** Starts the thread and opens the database there. */
  static async open(options: WorkerOptions): Promise<WorkerConnection> {
    const connection = new WorkerConnection();
    try {
      await connection.#post(() => options, []);
    } catch (error) {
      connection.#worker.terminate();
      throw error;
    }
    return connection;
  }

  /** Runs statements in one transaction; the options as for `Engine.write`. */
  run(statements: readonly Statement[], { onShared, mayBeLost }: WriteOptions = {}): Promise<Result[]> {
    return this.#post((id) => ({ id, statements, mayBeLost }), transferable(statements), onShared);
  }

  /** Runs each list of statements as `run` does, one after the other; the thread is told of all of them at once. */
  runEach(lists: readonly (readonly Statement[])[]): Promise<Result[]>[] {
    if (this.#broken !== undefined) return lists.map(() => Promise.reject(this.#broken));
    const expected = lists.map(() => this.#expect());
    const requests = lists.map((statements, i): WorkerRequest => ({ id: expected[i]!.id, statements }));
    this.#worker.postMessage(requests, lists.flatMap(transferable));
    return expected.map(({ results }) => results);
  }

  /** Runs a statement that no transaction may hold, such as VACUUM. */
  runAlone(statement: Statement): Promise<Result[]> {
    return this.#post((id) => ({ id, alone: statement }), []);
  }

  /** Brings a replica up to its primary. Answers how far it has come in that one's log. */
  async sync(): Promise<number> {
    const [result] = await this.#post((id) => ({ id, sync: true }), []);
    return result!.rows[0]![0] as number;
  }

  async close(): Promise<void> {
    if (this.#broken === undefined) await this.#post((id) => ({ id, close: true }), []);
    this.terminate();
  }

  /** Ends the thread without closing the connection. */
  terminate(): void {
    this.#break("the database is closed");
    this.#worker.terminate();
  }

  #post(
    requestAs: (id: number) => WorkerOptions | WorkerRequest,
    transfer: ArrayBuffer[],
    onShared?: WriteOptions["onShared"],
  ): Promise<Result[]> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const { id, results } = this.#expect(onShared);
    this.#worker.postMessage([requestAs(id)], transfer);
    return results;
  }

  /** What a request will be answered. Its id is the slot in which its caller waits. */
  #expect(
    onShared?: WriteOptions["onShared"],
  ): { readonly id: number; readonly results: Promise<Result[]> } {
    const { promise, resolve, reject } = Promise.withResolvers<Result[]>();
    return { id: this.#pending.add({ resolve, reject, onShared }), results: promise };
  }

  #settle(response: WorkerResponse): void {
    const pending = this.#pending.delete(response.id);
    if ("failure" in response) return pending?.reject(new EngineError(response.failure, response.message));
    if (response.isShared) pending?.onShared?.();
    pending?.resolve(response.results);
  }

  #break(why: string): void {
    this.#broken ??= new EngineError("unavailable", why);
    for (const { reject } of this.#pending) reject(this.#broken);
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
