/** Analytics: how many accounts of an app have which value, and what they do. Read from counters alone. */
import type { AnalyticsStore, AppCounts, ValueCount } from "../../db/profiles/analytics.ts";
import type { Recounter } from "../../db/profiles/recount.ts";
import { birthRanges, countByAge } from "./birth.ts";
import { DEMOGRAPHICS } from "./demographics.ts";
import { HOUR_MS } from "../time.ts";
import { shownValue, traitFields } from "./traits.ts";

/** Values of a trait that are told one by one. */
const TRAIT_VALUES = 100;
/** What a count calls values that are not told one by one. */
const OTHER = "other";
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

/** A part of the values of one field, or of the contexts of one event, in their order. */
export interface ValuePage {
  readonly values: Readonly<Record<string, number>>;
  /** What the next page comes after; undefined: this is the last. */
  readonly next?: string;
}

/** Which values, and how many at most. */
export interface PageQuery {
  readonly after: string;
  readonly limit: number;
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

  /**
   * At most `limit` values of a field and contexts of an event, the commonest; the rest is counted as `other`.
   * `trait`: a name such as `crm.plan`.
   */
  async app(name: string, limit: number, trait?: string): Promise<AppAnalytics> {
    const now = this.options.clock(), firstBucket = this.options.firstBucket();
    const hour = Math.floor(now / HOUR_MS), firstHour = Math.ceil(firstBucket / BUCKETS_AN_HOUR);
    const counts = await this.options.store.counts(name, {
      fields: DEMOGRAPHICS,
      limit,
      ranges: birthRanges(now),
      firstBucket,
      activeSince: Object.values(WINDOW_HOURS).map((hours) => Math.max(hour - hours, firstHour)),
    });
    const [day, week, month] = counts.active;
    return {
      demographics: demographicsOf(counts, now, limit),
      accounts: counts.accounts,
      events: counts.events,
      contexts: contextsOf(counts),
      ...(trait !== undefined && { trait: await this.#trait(name, trait, counts.accounts) }),
      activeAccounts: { day: day!, week: week!, month: month! },
    };
  }

  /** How many accounts have each value of a field of DEMOGRAPHICS. */
  async values(app: string, field: string, { after, limit }: PageQuery): Promise<ValuePage> {
    if (field !== "age") return pageOf(await this.options.store.values(app, field, after, limit + 1), limit);
    const now = this.options.clock();
    const { ranges } = await this.options.store.counts(app, {
      fields: [],
      limit: 0,
      ranges: birthRanges(now),
      firstBucket: this.options.firstBucket(),
      activeSince: [],
    });
    const ages = Array.from(countByAge(now, ranges), ([age, n]): ValueCount => [String(age), n])
      .filter(([age]) => age > after).sort(([a], [b]) => a < b ? -1 : 1);
    return pageOf(ages.slice(0, limit + 1), limit);
  }

  /** How many events of a name have each context. */
  async contexts(app: string, event: string, { after, limit }: PageQuery): Promise<ValuePage> {
    const firstBucket = this.options.firstBucket();
    return pageOf(
      await this.options.store.contexts(app, event, { after, limit: limit + 1, firstBucket }),
      limit,
    );
  }

  async #trait(app: string, name: string, accounts: number): Promise<Record<string, number>> {
    const { values, presence } = traitFields(name);
    const { rows, having } = await this.options.store.traitCounts(app, values, presence, TRAIT_VALUES);
    const shown = rows.map(([value, n]): ValueCount => [shownValue(value), n]);
    return summedUp([...withOther(shown, having), ["unknown", Math.max(0, accounts - having)]]);
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

function demographicsOf({ accounts, fields, having, ranges }: AppCounts, now: number, limit: number) {
  const values = new Map<string, ValueCount[]>(DEMOGRAPHICS.map((field) => [field, []]));
  for (const [field, value, n] of fields) values.get(field)!.push([value, n]);
  const ages = Array.from(countByAge(now, ranges), ([age, n]): ValueCount => [String(age), n]);
  values.set("age", ages.toSorted(([, a], [, b]) => b - a).slice(0, limit));
  const withAge = ages.reduce((sum, [, n]) => sum + n, 0);
  return Object.fromEntries(Array.from(values, ([field, counts]) => {
    const known = field === "age" ? withAge : having.get(field) ?? 0;
    return [field, summedUp([...withOther(counts, known), ["unknown", accounts - known]])];
  }));
}

function contextsOf({ events, contexts, withContext }: AppCounts) {
  const byEvent = new Map<string, ValueCount[]>(events.map((event) => [event, []]));
  for (const [event, context, n] of contexts) byEvent.get(event)?.push([context, n]);
  return Object.fromEntries(
    Array.from(byEvent, ([event, counts]) => [
      event,
      summedUp(withOther(counts, withContext.get(event) ?? 0)),
    ]),
  );
}

/** The counts, and as `other` what is missing to the sum of all. */
function withOther(counts: readonly ValueCount[], sum: number): readonly ValueCount[] {
  const others = sum - counts.reduce((known, [, n]) => known + n, 0);
  return others > 0 ? [...counts, [OTHER, others]] : counts;
}

/** A value may be called `other` or `unknown` as well. */
function summedUp(counts: readonly ValueCount[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [value, n] of counts) sums.set(value, (sums.get(value) ?? 0) + n);
  return Object.fromEntries(sums);
}

/** `found` has one more than `limit` where there is a next page. */
function pageOf(found: readonly ValueCount[], limit: number): ValuePage {
  const page = found.slice(0, limit);
  const values = Object.fromEntries(page.filter(([, n]) => n > 0));
  return found.length > limit ? { values, next: page.at(-1)![0] } : { values };
}
