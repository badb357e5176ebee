const FIRST_STEP = 64;

/**
 * Runs a step until it frees nothing more, sizing it so that other writers wait a few milliseconds at most. The step
 * frees up to `limit` rows and answers how many.
 */
export async function inShortSteps(
  step: (limit: number) => Promise<number>,
  signal?: AbortSignal,
): Promise<number> {
  let total = 0, limit = FIRST_STEP;
  while (!signal?.aborted) {
    const started = performance.now();
    const freed = await step(limit);
    total += freed;
    if (freed < limit) break;
    const took = performance.now() - started;
    if (took > 4) limit = Math.max(8, limit >> 1);
    else if (took < 2) limit = Math.min(2048, limit << 1);
  }
  return total;
}
