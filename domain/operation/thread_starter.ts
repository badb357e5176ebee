/** The thread that starts and ends threads; see ThreadStarter. */
/// <reference lib="webworker" />
import type { StarterReport, StarterRequest } from "./threads.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

const threads = new Map<number, Worker>();

scope.onmessage = ({ data }: MessageEvent<StarterRequest>) => {
  if ("end" in data) {
    threads.get(data.end)?.terminate();
    threads.delete(data.end);
    return;
  }
  const { start, url, name, port } = data;
  const thread = new Worker(url, { type: "module", name });
  threads.set(start, thread);
  thread.onerror = (event) => {
    event.preventDefault();
    scope.postMessage({ failed: start, message: event.message } satisfies StarterReport);
  };
  thread.postMessage(port, [port]);
};
