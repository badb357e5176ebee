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
  /** By service and key. */
  readonly traits?: Readonly<Record<string, Readonly<Record<string, TraitValue>>>>;
}

type TraitValue = string | number | boolean;

/** One event. */
export interface Happened {
  readonly app: string;
  readonly account: string;
  readonly event: string;
  readonly context: string;
  readonly time: number;
  /** One that its account had within the time that ids are kept is the same event. */
  readonly id?: string | undefined;
}

/** An account of a service: `service:number`. */
type Id = string;

type Counts = Record<string, number>;

/** Keeps everything and counts it anew for each question. */
export class Model {
  #said: Said[] = [];
  #events: Happened[] = [];
  /** Account → its ids, and whether the link of each is split; accounts with a profile only. */
  #ids = new Map<string, Map<Id, boolean>>();
  /** Account and event's id → when it was counted. */
  #eventIds = new Map<string, number>();

  constructor(readonly ttlMs: number, readonly dedupMs: number) {}

  update(said: Said): void {
    const key = keyOf(said);
    const ids = this.#ids.get(key) ?? new Map<Id, boolean>();
    for (const id of said.ids) ids.set(id, ids.get(id) ?? false);
    this.#ids.set(key, ids);
    this.#said.push(said);
  }

  /** Forgets the account's ids of a service; false where it has none, undefined where it has no profile. */
  removeIds(app: string, account: string, service: string): boolean | undefined {
    const ids = this.#ids.get(keyOf({ app, account }));
    const gone = ids && [...ids.keys()].filter((id) => id.startsWith(`${service}:`));
    gone?.forEach((id) => ids!.delete(id));
    return gone && gone.length > 0;
  }

  /** Splits the account's links by ids of a service, or all, and answers the ids; undefined where it has no profile. */
  split(app: string, account: string, service: string | undefined): Id[] | undefined {
    const key = keyOf({ app, account });
    const ids = this.#ids.get(key);
    if (ids === undefined) return undefined;
    const joins = ([other, theirs]: [string, Map<Id, boolean>], id: Id) =>
      other !== key && theirs.get(id) === false;
    const split = [...ids].filter(([id, isSplit]) =>
      !isSplit && (service === undefined || id.startsWith(`${service}:`)) &&
      [...this.#ids].some((other) => joins(other, id))
    ).map(([id]) => id);
    for (const id of split) ids.set(id, true);
    return split.sort();
  }

  /** The accounts of an account's person: all that it reaches through ids; undefined where it has no profile. */
  person(app: string, account: string): Set<string> | undefined {
    const first = keyOf({ app, account });
    if (!this.#ids.has(first)) return undefined;
    const reached = new Set([first]);
    for (const key of reached) {
      for (const [id, isSplit] of this.#ids.get(key)!) {
        for (const [other, ids] of this.#ids) if (!isSplit && ids.get(id) === false) reached.add(other);
      }
    }
    return reached;
  }

  /** The ids of a person, in order, and whether each link is split. */
  idsOf(person: ReadonlySet<string>): [key: string, id: Id, isSplit: boolean][] {
    return [...person].sort().flatMap((key) =>
      [...this.#ids.get(key)!].sort().map(([id, isSplit]): [string, Id, boolean] => [key, id, isSplit])
    );
  }

  record(event: Happened, now: number): void {
    if (event.id !== undefined) {
      const key = JSON.stringify([keyOf(event), event.id]);
      if ((this.#eventIds.get(key) ?? -Infinity) > now - this.dedupMs) return;
      this.#eventIds.set(key, now);
    }
    this.#events.push(event);
  }

  /** Whether the account was known. */
  remove(app: string, account: string, now: number): boolean {
    const key = keyOf({ app, account });
    const known = this.#ids.has(key) || this.#alive(now).some((event) => keyOf(event) === key);
    this.#said = this.#said.filter((said) => keyOf(said) !== key);
    this.#events = this.#events.filter((event) => keyOf(event) !== key);
    this.#ids.delete(key);
    for (const id of this.#eventIds.keys()) if (JSON.parse(id)[0] === key) this.#eventIds.delete(id);
    return known;
  }

  profile(app: string, account: string, now: number) {
    const person = this.person(app, account);
    if (person === undefined) return undefined;
    const demographics: Record<string, string | number> = {};
    const keywords = new Map<string, readonly string[]>();
    const traits: Record<string, Record<string, TraitValue>> = {};
    for (const said of this.#said) {
      if (!person.has(keyOf(said))) continue;
      Object.assign(demographics, said.fields);
      if (said.born) demographics.age = age(said.born, now);
      if (said.keywords) keywords.set(keyOf(said), said.keywords);
      for (const [service, values] of Object.entries(said.traits ?? {})) {
        if (Object.keys(values).length > 0) traits[service] = { ...traits[service], ...values };
      }
    }
    return {
      demographics,
      keywords: [...new Set([...keywords.values()].flat())].sort(),
      ...(Object.keys(traits).length > 0 && { traits }),
    };
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
    const withProfile = [...this.#ids.keys()].map((key) => JSON.parse(key)[0] as string);
    return [...new Set([...withProfile, ...this.#alive(now).map(({ app }) => app)])].sort();
  }

  /** How many accounts of an app have each value of a trait. */
  traitCounts(app: string, service: string, key: string, now: number): Counts {
    const counts: Counts = { unknown: 0 };
    for (const account of this.#accountsOf(app)) {
      const value = String(this.profile(app, account, now)!.traits?.[service]?.[key] ?? "unknown");
      counts[value] = (counts[value] ?? 0) + 1;
    }
    return counts;
  }

  analytics(app: string, now: number) {
    const accounts = this.#accountsOf(app);
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

  #accountsOf(app: string): string[] {
    return [...this.#ids.keys()].map((key) => JSON.parse(key) as [string, string])
      .filter(([name]) => name === app).map(([, account]) => account);
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
