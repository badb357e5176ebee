/** Waits between attempts. */

/** Waits between two attempts, in milliseconds: the first, and the longest. */
const FIRST_WAIT_MS = 100, LONGEST_WAIT_MS = 5_000;

/** Waits that grow from one to the next until `reset`, and end early with `signal`. */
export function backoff(signal: AbortSignal | undefined) {
  let wait = FIRST_WAIT_MS;
  return {
    reset() {
      wait = FIRST_WAIT_MS;
    },
    async next(): Promise<void> {
      await pause(wait * (0.5 + Math.random() / 2), signal);
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    },
  };
}

function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
