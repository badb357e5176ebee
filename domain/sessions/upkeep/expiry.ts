/** What sessions add to the figures and, when they expire, take away again; and the chunks of runs that are no more. */
import {
  addFigures,
  addToLedger,
  EMPTY_ROWS,
  ledgerOf,
  selectExpired,
  takeFromLedger,
} from "../../../db/sessions/figures.ts";
import {
  type Contribution,
  LEDGER_SPAN,
  packLedger,
  unpackLedger,
} from "../../../db/sessions/format/ledger.ts";
import type { Statement } from "../../../db/engine/engine.ts";
import { passSweep } from "../../../db/sessions/run_changes.ts";
import { inShortSteps } from "../../short_steps.ts";
import { sumsOf } from "../storage/figure_sums.ts";
import type { Storage } from "../storage/storage.ts";

/** What is taken out of the figures in one commit: about as many rows change, which takes a few milliseconds. */
const SWEPT_AT_ONCE = 2_000;

/** Takes what has expired out of the figures in short commits; answers how many sessions that were. */
export async function sweepFigures({ store, firstVisible }: Storage, signal?: AbortSignal): Promise<number> {
  let swept = 0;
  while (!signal?.aborted) {
    const [found] = await store.scan([selectExpired(firstVisible, 1)]);
    const [entry] = ledgerOf(found!);
    if (entry === undefined) break;
    const { expired: all = [], alive = [] } = byAge(unpackLedger(entry.data), firstVisible);
    const expired = all.slice(0, SWEPT_AT_ONCE), left = [...all.slice(SWEPT_AT_ONCE), ...alive];
    const { figures, durations } = sumsOf(expired.map(negated));
    await store.commit([
      passSweep([entry.id]),
      takeFromLedger([entry.id]),
      ...addFigures(figures, durations),
      ...(left.length === 0 ? [] : [addToLedger(firstOf(left), packLedger(left))]),
    ]);
    swept += expired.reduce((sum, { sign }) => sum + sign, 0);
  }
  if (swept > 0) await forgetEmptyRows(store, signal);
  return swept;
}

async function forgetEmptyRows({ scan, commit }: Storage["store"], signal?: AbortSignal): Promise<void> {
  for (const { select, forget } of EMPTY_ROWS) {
    await inShortSteps(async (limit) => {
      const [empty] = await scan([select(limit)]);
      return empty!.rows.length === 0 ? 0 : (await commit([forget(empty!.rows)]))[0]!.changes;
    }, signal);
  }
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
