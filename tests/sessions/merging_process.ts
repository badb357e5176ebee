/**
 * A process for merging_test.ts that stores batches of events, one after the other, in runs so small that it merges all
 * the time: `deno run -A merging_process.ts DATABASE FROM STEP MERGES`. It writes the number of each batch once that is
 * durable. In the last of so many merges it stops before the commit that ends it, says "merging", and waits to be killed.
 */
import { openRunnel } from "../../domain/services.ts";
import { batchOf, SEGMENT } from "./merging_batches.ts";

const [url, from, step, merges] = Deno.args;
const runnel = await openRunnel({
  database: { url: url! },
  cacheBytes: 0,
  diskReserveBytes: 0,
  eventTtlDays: 365,
  sessionTtlDays: 365,
  keepRevisionsMillis: 86_400_000,
  sessionSegment: SEGMENT,
  conversations: { tokenHours: 12, messageTtlDays: 365 },
  jobs: [],
  log: console.error,
});
const { engine } = runnel.database, write = engine.write;
let left = Number(merges);
engine.write = (statements) => {
  if (!statements.some(({ sql }) => sql.startsWith("DELETE FROM session_run")) || --left > 0) {
    return write(statements);
  }
  console.log("merging");
  return new Promise(() => {});
};

for (let i = Number(from);; i += Number(step)) {
  await runnel.services.sessions.add(
    batchOf(i).map(({ ts, country = "DE", ...event }) => ({
      ...event,
      country,
      ts: Date.parse(`${ts}Z`) * 1000,
    })),
  );
  console.log(i);
}
