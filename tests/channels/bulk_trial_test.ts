import { ok } from "../support/assert.ts";
import { bulkTrial } from "./bulk_trial.ts";

/** Far more than is held, far less than what goes through. */
const MOST_GROWTH = { insert: 250, refusal: 250, multipart: 80, ndjson: 80, stalled: 120 };

Deno.test("100,000 lines go in at once or not at all; bulk reads hold little, and hold nothing up", async () => {
  const trial = await bulkTrial(200);
  for (const [name, { before, peak }] of Object.entries(trial)) {
    const most = MOST_GROWTH[name as keyof typeof MOST_GROWTH];
    ok(peak - before < most, `${name}: from ${before} to ${peak} MiB resident`);
  }
});
