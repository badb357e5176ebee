/** When a request is sent again, and after how long. */

/** Waits before the second attempt and the most before any, in milliseconds; each doubles the one before. */
const FIRST_WAIT_MS = 100, LONGEST_WAIT_MS = 5_000;
/** A server that asks for more patience than this is not waited for, in seconds. */
const LONGEST_RETRY_AFTER_S = 30;

/** Whether an answer with this status says that the same request may succeed a little later. */
export function isPassing(status: number): boolean {
  return status === 503 || status === 429;
}

/** Milliseconds until the next attempt after an answer; undefined: the answer stands. */
export function waitAfter({ status, headers }: Response, attempt: number): number | undefined {
  if (!isPassing(status)) return undefined;
  const seconds = Number(headers.get("retry-after") ?? NaN);
  if (!(seconds >= 0)) return waitAfterFailure(attempt);
  return seconds > LONGEST_RETRY_AFTER_S ? undefined : seconds * 1000;
}

/** The same when there was no answer. Many clients whose server restarts do not come back all at once. */
export function waitAfterFailure(attempt: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/** Waits that grow from one to the next until `reset`, and end early when the signal aborts. */
export function backoff(signal: AbortSignal | undefined) {
  let attempt = 0;
  return {
    reset() {
      attempt = 0;
    },
    next: () => pause(waitAfterFailure(attempt++), signal).catch(() => {}),
  };
}

/** Waits; rejects when the signal aborts. */
export function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, millis);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
