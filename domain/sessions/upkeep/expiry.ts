/** What sessions add to the figures and, when they expire, take away again; and the chunks of runs that are no more. */
import {
  addFigures,
  addToLedger,
  FORGET_EMPTY,
  ledgerOf,
  selectExpired,
  takeFromLedger,
} from "../../../db/sessions/figures.ts";
import { type Contribution, LEDGER_SPAN, packLedger, unpackLedger } from "../../../db/sessions/format/ledger.ts";
import type { Statement } from "../../../db/engine/engine.ts";
import { passSweep } from "../../../db/sessions/run_changes.ts";
import { inShortSteps } from "../../short_steps.ts";
import { sumsOf } from "../storage/figure_sums.ts";
import type { Storage } from "../storage/storage.ts";

/** Takes what has expired out of the figures, an entry of the ledger a commit; answers how many sessions that were. */
export async function sweepFigures({ store, firstVisible }: Storage, signal?: AbortSignal): Promise<number> {
  let swept = 0;
  while (!signal?.aborted) {
    const [found] = await store.scan([selectExpired(firstVisible, 1)]);
    const [entry] = ledgerOf(found!);
    if (entry === undefined) break;
    const { expired = [], alive = [] } = byAge(unpackLedger(entry.data), firstVisible);
    const { figures, durations } = sumsOf(expired.map(negated));
    await store.commit([
      passSweep([entry.id]),
      takeFromLedger([entry.id]),
      ...addFigures(figures, durations),
      ...(alive.length === 0 ? [] : [addToLedger(firstOf(alive), packLedger(alive))]),
    ]);
    swept += expired.reduce((sum, { sign }) => sum + sign, 0);
  }
  if (swept > 0) await store.commit(FORGET_EMPTY);
  return swept;
}

/** Deletes the chunks of runs that are no more, in short steps. */
export async function sweepChunks(
  { store, clock }: Pick<Storage, "store" | "clock">,
  signal?: AbortSignal,
): Promise<void> {
  for (const run of await store.runs.doomed(clock())) {
    await inShortSteps((limit) => store.runs.deleteChunks(run, limit, clock()), signal);
  }
}

/** What takes a contribution away again. */
export const negated = (contribution: Contribution): Contribution => ({
  ...contribution,
  sign: contribution.sign === 1 ? -1 : 1,
});

const firstOf = (contributions: readonly Contribution[]): number =>
  contributions.reduce((least, { received }) => Math.min(least, received), Infinity);

function byAge(contributions: readonly Contribution[], firstVisible: number) {
  return Object.groupBy(contributions, ({ received }) => received < firstVisible ? "expired" : "alive");
}

/** Statements that add contributions to the figures and to the ledger. */
export function figuresOf(contributions: readonly Contribution[]): Statement[] {
  if (contributions.length === 0) return [];
  const { figures, durations } = sumsOf(contributions);
  const hours = Map.groupBy(contributions, ({ received }) => Math.floor(received / LEDGER_SPAN));
  const ledger = Array.from(hours.values(), (some) => addToLedger(firstOf(some), packLedger(some)));
  return [...addFigures(figures, durations), ...ledger];
}
