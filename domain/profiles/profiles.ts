/** Profiles: what is known of the accounts of all apps, with the accounts of one person seen as one. */
import type { AccountName, LinkQuery, LinkStore } from "../../db/profiles/links.ts";
import type { ProfileRow, ProfileStore } from "../../db/profiles/profiles.ts";
import { invalid, RunnelError } from "../errors.ts";
import { ageOn } from "./birth.ts";
import { DEMOGRAPHICS, readDemographics } from "./demographics.ts";
import { readKeywords } from "./keywords.ts";
import type { ServiceFields } from "./profile_body.ts";
import { readTraits, showTraits, traitBound, type Traits, WANTED_TRAITS } from "./traits.ts";

/** What all accounts of a person say. */
export interface Profile {
  /** Only what is known; `age` in whole years. */
  readonly demographics: Readonly<Record<string, string | number>>;
  /** Sorted. */
  readonly keywords: readonly string[];
  /** What applications said under names of their own, where they said something. */
  readonly traits?: Traits;
}

/** What profiles need. */
export interface ProfileOptions {
  readonly store: ProfileStore;
  readonly links: LinkStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The most accounts that a person may have. */
  readonly maxAccounts: number;
}

/** All profiles of a database. */
export class Profiles {
  readonly store: ProfileStore;
  readonly links: LinkStore;
  readonly clock: () => number;
  readonly #maxAccounts: number;

  constructor({ store, links, clock, maxAccounts }: ProfileOptions) {
    this.store = store;
    this.links = links;
    this.clock = clock;
    this.#maxAccounts = maxAccounts;
  }

  /**
   * Stores what services say of an account; resolves when it is durable. A later service goes before an earlier one.
   * An id that would join more accounts than a person may have: `person-full`; more traits than a service may have with
   * those that are there: `invalid-request`.
   */
  async update(name: AccountName, services: readonly ServiceFields[]): Promise<void> {
    const now = this.clock();
    const brought = services.map(({ service, fields }) => readKeywords(service, fields))
      .filter((words) => words !== undefined);
    const update = {
      ...name,
      identities: services.flatMap(({ service, id }) => id === undefined ? [] : [[service, id] as const]),
      fields: Object.assign(
        {},
        ...services.map(({ service, fields }) => readDemographics(service, fields, now)),
        ...services.map(readTraits),
      ),
      keywords: brought.length === 0 ? undefined : [...new Set(brought.flat())],
      at: now,
      maxAccounts: this.#maxAccounts,
      fieldBound: traitBound(services),
    };
    const refusal = await this.store.update(update, sizeOf(update));
    if (refusal === undefined) return;
    if (refusal === "fields-full") throw invalid(WANTED_TRAITS);
    throw new RunnelError(
      "person-full",
      `these ids would make one person of more than ${this.#maxAccounts} accounts; nothing was stored`,
    );
  }

  /** What is known of the account's person. No profile: `profile-not-found`. */
  async get(name: AccountName): Promise<Profile> {
    const row = await this.store.get(name);
    if (row === undefined) throw unknownProfile(name);
    const traits = showTraits(row.fields);
    return {
      demographics: this.#demographics(row),
      keywords: row.keywords.toSorted(),
      ...(traits !== undefined && { traits }),
    };
  }

  /** How many accounts have a profile. */
  count(): Promise<number> {
    return this.store.count();
  }

  /** Forgets the account, its events and its share of the counters. Never heard of: `profile-not-found`. */
  async remove(name: AccountName): Promise<void> {
    if (!await this.store.remove(name)) throw unknownProfile(name);
  }

  /**
   * Forgets the account's ids of a service; those whom they joined are divided. No profile: `profile-not-found`; no
   * such id: `link-not-found`.
   */
  async removeIds(name: AccountName, service: string): Promise<void> {
    const removed = await this.links.removeIds(name, service);
    if (removed === undefined) throw unknownProfile(name);
    if (removed.length === 0) {
      throw new RunnelError("link-not-found", `account ${name.account} has no id of ${service}`);
    }
  }

  /**
   * Splits the account's links to others by such ids, and answers the ids: from then on they join it to nobody, also
   * when an update says them again. No profile: `profile-not-found`; no such link: `link-not-found`.
   */
  async split(name: AccountName, query: LinkQuery): Promise<{ service: string; id: string }[]> {
    const split = await this.links.split(name, query, this.clock());
    if (split === undefined) throw unknownProfile(name);
    if (split.length > 0) return split.map(([service, id]) => ({ service, id }));
    throw new RunnelError("link-not-found", `no such id joins account ${name.account} to another`);
  }

  #demographics({ fields }: ProfileRow): Record<string, string | number> {
    const shown: Record<string, string | number> = {};
    for (const field of DEMOGRAPHICS) {
      const value = field === "age" ? fields.birthDay && ageOn(this.clock(), fields.birthDay) : fields[field];
      if (value !== undefined) shown[field] = value;
    }
    return shown;
  }
}

/** About how many bytes an update is to the database. */
function sizeOf(
  { identities, keywords = [] }: { identities: readonly unknown[]; keywords?: string[] | undefined },
) {
  return 500 + 100 * identities.length + 10 * keywords.length;
}

function unknownProfile({ app, account }: AccountName): RunnelError {
  return new RunnelError("profile-not-found", `nothing is known of account ${account} of app ${app}`);
}
