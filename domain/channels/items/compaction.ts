/** The sweep of compact channels: of each item key only the newest item stays, and a tombstone for a day. */
import type { CompactionStore } from "../../../db/channels/compaction.ts";
import { inShortSteps } from "../../short_steps.ts";
import { DAY_MS } from "../../time.ts";
import { firstKeyAt } from "../item_id.ts";

/** How long an empty item says that its key is gone, in milliseconds. */
const TOMBSTONE_MS = DAY_MS;
/** Items that are freed in one transaction. */
const STEP = 500;

/** Frees what is replaced, in short transactions, until `signal`; answers how many items went. */
export async function compact(store: CompactionStore, now: number, signal?: AbortSignal): Promise<number> {
  const before = firstKeyAt(now - TOMBSTONE_MS);
  let freed = 0;
  for (const channel of await store.channels(before)) {
    let isDone = false;
    while (!isDone && !signal?.aborted) {
      const step = await store.step(channel, STEP);
      freed += step.freed;
      isDone = step.isDone;
    }
    freed += await inShortSteps((limit) => store.freeTombstones(channel, before, limit), signal);
  }
  return freed;
}
