/** Threads of this process, where it may start them; without them the work is done where it is asked for. */

/** Whether this process may start threads: their code is read from the program's files. */
export function mayStartThreads(): boolean {
  if (typeof Worker === "undefined") return false;
  const { protocol } = new URL(import.meta.url);
  // Edge hosting gives network and environment alone.
  return protocol !== "file:" || Deno.permissions.querySync({ name: "read" }).state === "granted";
}

/** A thread that was started. */
export interface Thread {
  /** Whoever talks to it posts here, and hears its answers here. */
  readonly port: Pick<Worker, "onmessage" | "postMessage">;
  /** Ends it. */
  end(): void;
}

/**
 * Starts a module as a thread, and waits some 15 ms until it runs. `onFailure` is called when the module throws; the thread
 * has ended then. A thread that starts others would keep the wait from whoever answers requests, but what Deno 2.9 starts
 * from another thread than the first hears its first message after a second.
 */
export function startThread(module: URL, name: string, onFailure: (message: string) => void): Thread {
  const worker = new Worker(module, { type: "module", name });
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    onFailure(event.message);
  };
  return { port: worker, end: () => worker.terminate() };
}
