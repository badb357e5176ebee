/** Long work that stops for others. */
import { deepEqual } from "../support/assert.ts";
import { setImmediate } from "node:timers";
import { Turns } from "../../domain/short_steps.ts";

Deno.test("Turns.next() lets others go first once the work has gone on for some milliseconds", async () => {
  const seen: string[] = [];
  const turns = new Turns(), since = performance.now();
  while (performance.now() - since < 10) Math.random();
  setImmediate(() => seen.push("another"));
  await turns.next();
  seen.push("the work");
  deepEqual(seen, ["another", "the work"]);
});
