/** Profiles of accounts, their events, and analytics of apps. */
import type { z } from "zod";
import type * as wire from "../api/profiles.ts";
import { type Http, jsonBody } from "./http.ts";

/** What all accounts of a person say. */
export type Profile = z.output<typeof wire.Profile>;
/** What the accounts of an app are like and what they do. */
export type Analytics = z.output<typeof wire.Analytics>;
/** What each service says of an account, by the name of the service; `id` is the account's id there. */
export type ServiceProfiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type NewestEvents = z.output<typeof wire.NewestEvents>;
type SplitLinks = z.output<typeof wire.SplitLinks>;
/** An id of a service, or all of one service. */
export type Link = z.output<typeof wire.Split>;

/** What an account did. */
export interface AppEvent {
  readonly account: string;
  readonly event: string;
  /** When, ISO 8601 or milliseconds since the epoch; now unless given. */
  readonly timestamp?: string | number;
  readonly context?: string;
}

/** Which points a timeline has: the last 24 hours in spans of 5 minutes unless given. */
export interface TimelineOptions {
  /** Inclusive, ISO 8601 or milliseconds since the epoch. */
  readonly from?: string | number;
  readonly to?: string | number;
  /** What a point counts, such as `1h`; or `day`, `week` or `month` of the calendar. */
  readonly bucket?: string;
  /** IANA time zone of days, weeks, months, and of times that name none; UTC unless given. */
  readonly tz?: string;
  readonly context?: string;
}

/** A time, and how many events there were in the span that begins there. */
export type TimelinePoint = z.output<typeof wire.Timeline>["datapoints"][number];

/** The client of profiles and events. Whatever the server refuses throws RunnelProblem. */
export class ProfilesClient {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Stores what services say of an account. Accounts that share an id of a service are of one person. */
  update(app: string, account: string, services: ServiceProfiles): Promise<void> {
    return this.#http.done("PUT", { path: ["profile", app, account], ...jsonBody(services) });
  }

  get(app: string, account: string): Promise<Profile> {
    return this.#http.json("GET", { path: ["profile", app, account] });
  }

  /** Forgets the account, its events, and its share of every count. */
  forget(app: string, account: string): Promise<void> {
    return this.#http.done("DELETE", { path: ["profile", app, account] });
  }

  /** Forgets the account's ids of a service: those whom they joined are different persons again. */
  forgetIds(app: string, account: string, service: string): Promise<void> {
    return this.#http.done("DELETE", { path: ["profile", app, account, service] });
  }

  /** Splits wrong links of an account: such ids, all unless given, join it to others no longer. Answers the ids. */
  async split(app: string, account: string, link: Link = {}): Promise<SplitLinks["split"]> {
    const call = { path: ["profile", app, account, "split"], ...jsonBody(link) };
    return (await this.#http.json<SplitLinks>("POST", call)).split;
  }

  /** Records that an account did something. Repeating it would count it twice, so nothing is repeated by itself. */
  record(app: string, { account, event, ...body }: AppEvent): Promise<void> {
    const path = ["event", app, account, event];
    return this.#http.done("POST", { path, ...jsonBody(body) });
  }

  /** Records up to 10,000 events, all or none; answers how many. */
  async recordMany(app: string, events: readonly AppEvent[]): Promise<number> {
    const call = { path: ["event", app], ...jsonBody(events) };
    return (await this.#http.json<z.output<typeof wire.Recorded>>("POST", call)).recorded;
  }

  /** How many events of a name there were, of one account or of all of an app. */
  async timeline(
    { app, account, event }: { readonly app: string; readonly account?: string; readonly event: string },
    options: TimelineOptions = {},
  ): Promise<TimelinePoint[]> {
    const path = ["event", app, ...(account === undefined ? [] : [account]), event];
    const call = { path, query: { ...options } };
    return (await this.#http.json<z.output<typeof wire.Timeline>>("GET", call)).datapoints;
  }

  /** What accounts of all apps did, counted by app, event and five minutes: 20 counts unless given, the newest first. */
  async newest(limit?: number): Promise<NewestEvents["events"]> {
    const call = { path: ["event"], query: { limit } };
    return (await this.#http.json<NewestEvents>("GET", call)).events;
  }

  /** Apps that have a profile or an event. */
  async apps(): Promise<string[]> {
    return (await this.#http.json<z.output<typeof wire.Apps>>("GET", { path: ["analytics"] })).apps;
  }

  /** At most `limit` (100) values of a field and contexts of an event; the rest is counted as `other`. */
  analytics(
    app: string,
    options: { readonly limit?: number; readonly trait?: string } = {},
  ): Promise<Analytics> {
    return this.#http.json("GET", { path: ["analytics", app], query: { ...options } });
  }

  /** All values of a field, or contexts of an event, with how many have each, in their order; read in pages. */
  async *values(app: string, of: { readonly field: string } | { readonly event: string }) {
    let cursor: string | undefined;
    do {
      const call = { path: ["analytics", app], query: { ...of, limit: 1_000, ...(cursor && { cursor }) } };
      const { values, next } = await this.#http.json<z.output<typeof wire.ValuePage>>("GET", call);
      yield* Object.entries(values);
      cursor = next;
    } while (cursor !== undefined);
  }
}
