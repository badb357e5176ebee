/** Threads of this process, where it may start them; without them the work is done where it is asked for. */

/** Whether this process may start threads: their code is read from the program's files. */
export function mayStartThreads(): boolean {
  if (typeof Worker === "undefined") return false;
  const { protocol } = new URL(import.meta.url);
  // Edge hosting gives network and environment alone.
  return protocol !== "file:" || Deno.permissions.querySync({ name: "read" }).state === "granted";
}

/** A thread that was started. It receives the other end of `port` as its first message, and talks through that. */
export interface Thread {
  readonly port: MessagePort;
  /** Ends it. */
  end(): void;
}

/** What the thread that starts threads is asked: a new one, or the end of one. */
export type StarterRequest =
  | { readonly start: number; readonly url: string; readonly name: string; readonly port: MessagePort }
  | { readonly end: number };

/** The starting thread's report of a thread that failed. */
export interface StarterReport {
  readonly failed: number;
  readonly message: string;
}

/**
 * Starts threads from a thread of its own: `new Worker` waits until the new one runs, 20 ms, or 75 to 400 on a busy
 * machine, and in the thread that answers requests all of them would wait.
 */
export class ThreadStarter {
  #worker: Worker | undefined;
  #count = 0;
  /** What each thread that runs does when it fails. */
  readonly #failing = new Map<number, (message: string) => void>();

  /** Starts the thread that starts them, for which this one waits: best before there are requests. */
  prepare(): void {
    if (mayStartThreads()) this.#worker ??= this.#open();
  }

  /** Starts a module as a thread. `onFailure` is called when it throws; it has ended then. */
  start(module: URL, name: string, onFailure: (message: string) => void): Thread {
    const worker = this.#worker ??= this.#open();
    const id = this.#count++, { port1, port2 } = new MessageChannel();
    const request: StarterRequest = { start: id, url: module.href, name, port: port2 };
    worker.postMessage(request, [port2]);
    const end = () => {
      if (!this.#failing.delete(id)) return;
      port1.close();
      worker.postMessage({ end: id } satisfies StarterRequest);
    };
    this.#failing.set(id, (message) => {
      end();
      onFailure(message);
    });
    return { port: port1, end };
  }

  /** Ends all threads. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #open(): Worker {
    const worker = new Worker(new URL("./thread_starter.ts", import.meta.url), {
      type: "module",
      name: "runnel-starter",
    });
    worker.onmessage = ({ data: { failed, message } }: MessageEvent<StarterReport>) =>
      this.#failing.get(failed)?.(message);
    worker.onerror = (event) => {
      event.preventDefault();
      this.close();
      for (const fail of [...this.#failing.values()]) fail(event.message);
    };
    return worker;
  }
}
