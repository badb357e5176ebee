import { equal } from "../support/assert.ts";
import { Waiting } from "../../domain/channels/consumers/waiting.ts";

Deno.test("Waiting.until() does not wait for a worker that has left before", async () => {
  const never = Promise.withResolvers<void>().promise;
  const waiting = new Waiting().until(1, never, 60_000, AbortSignal.abort());
  let isOver = false;
  waiting.then(() => isOver = true);
  await new Promise((resolve) => setTimeout(resolve));
  equal(isOver, true);
});
