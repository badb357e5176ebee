/** All that is known of a person, over the areas that know people: shown, and forgotten everywhere. */

/** An account of a person. */
export interface PersonAccount {
  readonly app: string;
  readonly account: string;
}

/** What profiles do for persons. */
export interface AccountSource<Account extends PersonAccount> {
  /** The accounts of the person who has this one. Never heard of: `profile-not-found`. */
  accounts(name: PersonAccount): Promise<Account[]>;
  /** Which names of these accounts those of other persons have as well. */
  sharedNames(accounts: readonly Account[]): Promise<string[]>;
  /** What is stored of accounts, by kind, in pages; each kind in one stretch. */
  export(accounts: readonly Account[]): AsyncGenerator<readonly [kind: string, page: unknown[]]>;
  remove(accounts: readonly Account[]): Promise<{ ids: number; events: number }>;
}

/**
 * What sessions do for persons. A user's id is the name of an account, but sessions name no app: they are a person's
 * when nobody else, in any app, has an account of that name. Otherwise nobody can tell whose they are.
 */
export interface SessionSource {
  /** Lines of JSON. */
  exportUser(userId: string): AsyncGenerator<string>;
  deleteUser(userId: string): Promise<number>;
}

/** How much was forgotten of a person. */
export interface Removed {
  readonly accounts: number;
  readonly ids: number;
  readonly events: number;
  readonly sessions: number;
  /** Users whose sessions were left, because accounts of others are called like them. */
  readonly ambiguousUsers: readonly string[];
}

/** Kinds of what is known, in the order in which they are shown. */
export const KINDS = ["accounts", "ids", "events", "sessions", "ambiguousUsers"] as const;

/** All persons of a database. */
export class People<Account extends PersonAccount = PersonAccount> {
  constructor(readonly profiles: AccountSource<Account>, readonly sessions: SessionSource) {}

  /** All that is known of the person who has this account, by kind, in pages, in the order of KINDS. */
  async *export(name: PersonAccount): AsyncGenerator<readonly [kind: string, page: unknown[]]> {
    const accounts = await this.profiles.accounts(name);
    yield* this.profiles.export(accounts);
    const { own, shared } = await this.#usersOf(accounts);
    for (const user of own) {
      for await (const lines of this.sessions.exportUser(user)) {
        yield ["sessions", lines.trimEnd().split("\n").map((line) => JSON.parse(line))];
      }
    }
    yield ["ambiguousUsers", shared.map((user_id) => ({ user_id }))];
  }

  /**
   * Forgets the person who has this account: all accounts, and the sessions of users who are called like one of them
   * and like nobody else's account. Asked again after a failure, it goes on where it stopped: accounts go last.
   */
  async remove(name: PersonAccount): Promise<Removed> {
    const accounts = await this.profiles.accounts(name);
    const { own, shared } = await this.#usersOf(accounts);
    let sessions = 0;
    for (const user of own) sessions += await this.sessions.deleteUser(user);
    return {
      accounts: accounts.length,
      ...await this.profiles.remove(accounts),
      sessions,
      ambiguousUsers: shared,
    };
  }

  /** Ids of users that can only be this person's, and those that may be somebody else's. */
  async #usersOf(accounts: readonly Account[]): Promise<{ own: string[]; shared: string[] }> {
    const shared = await this.profiles.sharedNames(accounts);
    const names = new Set(accounts.map(({ account }) => account));
    return { own: [...names.difference(new Set(shared))], shared };
  }
}
