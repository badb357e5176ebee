import { equal, ok } from "../support/assert.ts";
import { killTrial } from "./kill_trial.ts";

Deno.test("what was acknowledged is there, whole and in order, after two processes were killed at any moment", async () => {
  const { kills, acknowledged, lost } = await killTrial(6);
  equal(kills, 6);
  ok(acknowledged > 0, "nothing was stored before the kills");
  equal(lost, 0);
});
