/** What profiles, events and analytics must answer, worked out slowly from everything that was ever said. */
const MINUTE = 60_000, HOUR = 3_600_000, DAY = 86_400_000;
export const BUCKET = 5 * MINUTE;
const FIELDS = ["age", "country", "gender", "language", "locale", "location", "timezone"];

/** One update of a profile, already in Runnel's own terms. */
export interface Said {
  readonly app: string;
  readonly account: string;
  readonly ids: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  /** [year, month, day]; shown as `age`. */
  readonly born?: readonly [number, number, number] | undefined;
  readonly keywords?: readonly string[] | undefined;
}

/** One event. */
export interface Happened {
  readonly app: string;
  readonly account: string;
  readonly event: string;
  readonly context: string;
  readonly time: number;
}

type Counts = Record<string, number>;

/** Keeps everything and counts it anew for each question. */
export class Model {
  #said: Said[] = [];
  #events: Happened[] = [];
  /** Account → number of its person; accounts with a profile only. */
  #persons = new Map<string, number>();
  #ids = new Map<string, Set<string>>();
  #lastPerson = 0;

  constructor(readonly ttlMs: number) {}

  update(said: Said): void {
    const key = keyOf(said);
    const ids = this.#ids.get(key) ?? new Set();
    said.ids.forEach((id) => ids.add(id));
    this.#ids.set(key, ids);
    if (!this.#persons.has(key)) this.#persons.set(key, ++this.#lastPerson);
    const linked = [...this.#persons].filter(([other]) =>
      other === key || said.ids.some((id) => this.#ids.get(other)!.has(id))
    ).map(([, person]) => person);
    for (const [other, person] of this.#persons) {
      if (linked.includes(person)) this.#persons.set(other, Math.min(...linked));
    }
    this.#said.push(said);
  }

  record(event: Happened): void {
    this.#events.push(event);
  }

  /** Whether the account was known. */
  remove(app: string, account: string, now: number): boolean {
    const key = keyOf({ app, account });
    const known = this.#persons.has(key) || this.#alive(now).some((event) => keyOf(event) === key);
    this.#said = this.#said.filter((said) => keyOf(said) !== key);
    this.#events = this.#events.filter((event) => keyOf(event) !== key);
    this.#persons.delete(key);
    this.#ids.delete(key);
    return known;
  }

  profile(app: string, account: string, now: number) {
    const person = this.#persons.get(keyOf({ app, account }));
    if (person === undefined) return undefined;
    const demographics: Record<string, string | number> = {};
    const keywords = new Map<string, readonly string[]>();
    for (const said of this.#said) {
      if (this.#persons.get(keyOf(said)) !== person) continue;
      Object.assign(demographics, said.fields);
      if (said.born) demographics.age = age(said.born, now);
      if (said.keywords) keywords.set(keyOf(said), said.keywords);
    }
    return { demographics, keywords: [...new Set([...keywords.values()].flat())].sort() };
  }

  timeline(of: Partial<Happened>, from: number, to: number, bucket: number, now: number): [number, number][] {
    const points: [number, number][] = [];
    for (let start = Math.floor(from / bucket) * bucket; start <= to; start += bucket) {
      const inside = this.#alive(now).filter((event) =>
        event.time >= start && event.time < start + bucket &&
        Object.entries(of).every(([name, value]) => event[name as keyof Happened] === value)
      );
      points.push([start, inside.length]);
    }
    return points;
  }

  apps(now: number): string[] {
    const withProfile = [...this.#persons.keys()].map((key) => JSON.parse(key)[0] as string);
    return [...new Set([...withProfile, ...this.#alive(now).map(({ app }) => app)])].sort();
  }

  analytics(app: string, now: number) {
    const accounts = [...this.#persons.keys()].map((key) => JSON.parse(key) as [string, string])
      .filter(([name]) => name === app).map(([, account]) => account);
    const demographics: Record<string, Counts> = {};
    for (const field of FIELDS) {
      const counts: Counts = demographics[field] = { unknown: 0 };
      for (const account of accounts) {
        const value = String(this.profile(app, account, now)!.demographics[field] ?? "unknown");
        counts[value] = (counts[value] ?? 0) + 1;
      }
    }
    const events = this.#alive(now).filter((event) => event.app === app);
    const names = [...new Set(events.map(({ event }) => event))].sort();
    const contexts: Record<string, Counts> = {};
    for (const name of names) contexts[name] = {};
    for (const { event, context } of events) {
      if (context !== "") contexts[event]![context] = (contexts[event]![context] ?? 0) + 1;
    }
    const active = (hours: number) =>
      new Set(
        events.map(({ account, time }) => ({ account, hour: Math.floor(time / HOUR) }))
          .filter(({ hour }) => hour >= Math.floor(now / HOUR) - hours && hour * HOUR >= now - this.ttlMs)
          .map(({ account }) => account),
      ).size;
    return {
      demographics,
      accounts: accounts.length,
      events: names,
      contexts,
      activeAccounts: { day: active(24), week: active(7 * 24), month: active(30 * 24) },
    };
  }

  /** Events whose five minutes began within the time to live. */
  #alive(now: number): Happened[] {
    return this.#events.filter(({ time }) => this.isAlive(time, now));
  }

  isAlive(time: number, now: number): boolean {
    return Math.floor(time / BUCKET) * BUCKET >= now - this.ttlMs;
  }
}

function keyOf({ app, account }: { readonly app: string; readonly account: string }): string {
  return JSON.stringify([app, account]);
}

function age([year, month, day]: readonly [number, number, number], now: number): number {
  const today = new Date(now);
  let years = today.getUTCFullYear() - year;
  if (today.getUTCMonth() + 1 < month || (today.getUTCMonth() + 1 === month && today.getUTCDate() < day)) {
    years--;
  }
  return years;
}

export { DAY, HOUR, MINUTE };
