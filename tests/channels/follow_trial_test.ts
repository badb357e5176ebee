import { deepEqual, equal, ok } from "../support/assert.ts";
import { describe, followTrial, isKept } from "./follow_trial.ts";

Deno.test("readers of a process that is killed again and again resume: every item, in order, once", async () => {
  const { kills, stored, lost, readers } = await followTrial(12, 1);
  ok(kills >= 2, `${kills} kills`);
  ok(stored > 0, "nothing was stored");
  equal(lost, 0);
  deepEqual(readers.filter((reader) => !isKept(reader)).map(describe), []);
});
