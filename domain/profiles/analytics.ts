/** Analytics: how many accounts of an app have which value, and what they do. Read from counters alone. */
import type { AnalyticsStore, AppCounts } from "../../db/profiles/analytics.ts";
import type { Recounter } from "../../db/profiles/recount.ts";
import { birthRanges, countByAge } from "./birth.ts";
import { DEMOGRAPHICS } from "./demographics.ts";
import { HOUR_MS } from "../time.ts";
import { shownValue, traitFields } from "./traits.ts";

/** Values of a trait that are told one by one. */
const TRAIT_VALUES = 100;
const BUCKETS_AN_HOUR = 12;
const WINDOW_HOURS = { day: 24, week: 7 * 24, month: 30 * 24 } as const;

/** What analytics says of an app. All zero and empty for an app that nobody mentioned. */
export interface AppAnalytics {
  /** By field: how many accounts have each value, and `unknown`: how many have none. */
  readonly demographics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Accounts with a profile. */
  readonly accounts: number;
  /** Names of events that have not expired, sorted. */
  readonly events: readonly string[];
  /** By event: how many have each context. */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of the asked trait: how many have each of its commonest values, `other` ones, and `unknown`: none. */
  readonly trait?: Readonly<Record<string, number>>;
  /**
   * Accounts whose newest event is in the current hour or the 24 before it, and likewise for 7 and 30 days. Hours that
   * have begun to expire do not count.
   */
  readonly activeAccounts: Readonly<Record<keyof typeof WINDOW_HOURS, number>>;
}

/** What analytics needs. */
export interface AnalyticsOptions {
  readonly store: AnalyticsStore;
  readonly recounter: Recounter;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The first five minutes since the epoch whose events have not expired. */
  readonly firstBucket: () => number;
}

/** Analytics of all apps of a database. */
export class Analytics {
  constructor(readonly options: AnalyticsOptions) {}

  /** Names of the apps that have a profile or an event, sorted. */
  apps(): Promise<string[]> {
    return this.options.store.apps(this.options.firstBucket());
  }

  /** `trait`: a name such as `crm.plan`. */
  async app(name: string, trait?: string): Promise<AppAnalytics> {
    const now = this.options.clock(), firstBucket = this.options.firstBucket();
    const hour = Math.floor(now / HOUR_MS), firstHour = Math.ceil(firstBucket / BUCKETS_AN_HOUR);
    const counts = await this.options.store.counts(name, {
      fields: DEMOGRAPHICS,
      ranges: birthRanges(now),
      firstBucket,
      activeSince: Object.values(WINDOW_HOURS).map((hours) => Math.max(hour - hours, firstHour)),
    });
    const [day, week, month] = counts.active;
    return {
      demographics: demographicsOf(counts, now),
      accounts: counts.accounts,
      events: counts.events,
      contexts: contextsOf(counts),
      ...(trait !== undefined && { trait: await this.#trait(name, trait, counts.accounts) }),
      activeAccounts: { day: day!, week: week!, month: month! },
    };
  }

  async #trait(app: string, name: string, accounts: number): Promise<Record<string, number>> {
    const { values, presence } = traitFields(name);
    const { rows, having } = await this.options.store.traitCounts(app, values, presence, TRAIT_VALUES);
    const counts = new Map<string, number>();
    const add = (value: string, n: number) => counts.set(value, (counts.get(value) ?? 0) + n);
    for (const [value, n] of rows) add(shownValue(value), n);
    const other = having - rows.reduce((sum, [, n]) => sum + n, 0);
    if (other > 0) add("other", other);
    add("unknown", Math.max(0, accounts - having));
    return Object.fromEntries(counts);
  }

  /**
   * Counts everything again from its rows where a counter differs from them, and answers what it found: by table, how
   * many rows differed. Nothing differs unless somebody changed the database by other means.
   */
  async recount(): Promise<ReadonlyMap<string, number>> {
    const differences = await this.options.recounter.differences();
    if (differences.size > 0) await this.options.recounter.repair();
    return differences;
  }
}

function demographicsOf({ accounts, fields, ranges }: AppCounts, now: number) {
  const values = new Map<string, [string, number][]>(DEMOGRAPHICS.map((field) => [field, []]));
  for (const [field, value, n] of fields) values.get(field)!.push([value, n]);
  for (const [age, n] of countByAge(now, ranges)) values.get("age")!.push([String(age), n]);
  return Object.fromEntries(Array.from(values, ([field, counts]) => {
    const known = counts.reduce((sum, [, n]) => sum + n, 0);
    return [field, Object.fromEntries([...counts, ["unknown", accounts - known]])];
  }));
}

function contextsOf({ events, contexts }: AppCounts) {
  const byEvent = new Map<string, [string, number][]>(events.map((event) => [event, []]));
  for (const [event, context, n] of contexts) byEvent.get(event)?.push([context, n]);
  return Object.fromEntries(Array.from(byEvent, ([event, counts]) => [event, Object.fromEntries(counts)]));
}
