/** Answers that are on their way: how many bytes of them may be held at once for clients that take them slowly. */
import type { Call } from "../route.ts";

/** Bytes from which an answer is counted. Smaller ones fit into what the system buffers for a connection. */
const LARGE = 64 * 1024;

/**
 * Counts the bytes of a large answer until it is sent, or its client has left. To be called before the answer is made,
 * which copies them. What fits no more: `overloaded`.
 */
export function holdAnswer(
  { context, services: { admission: { answers } } }: Pick<Call, "context" | "services">,
  bytes: number,
): void {
  const sent: Promise<void> | undefined = bytes < LARGE ? undefined : context.env.sent?.();
  if (sent === undefined) return;
  answers.take(bytes);
  const give = () => answers.give(bytes);
  sent.then(give, give);
}
