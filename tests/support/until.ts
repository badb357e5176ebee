/** Waiting for what happens in the background. */

/** Resolves when the condition holds. It is asked every few milliseconds, and the test hangs where it never does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
