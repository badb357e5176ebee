/** What was waited for did not come in time. */
export class LateError extends Error {
  override readonly name = "LateError";
}

/**
 * The outcome of `promise`. Rejects with `LateError` once that takes longer than `millis`; the message names `what` was
 * waited for. The work behind the promise goes on, but nobody hears of it.
 */
export async function within<T>(millis: number, what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LateError(`${what} gave no answer within ${millis} ms`)),
    millis,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
