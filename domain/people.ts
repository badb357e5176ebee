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
  /** What is stored of accounts, by kind, in pages; each kind in one stretch. */
  export(accounts: readonly Account[]): AsyncGenerator<readonly [kind: string, page: unknown[]]>;
  remove(accounts: readonly Account[]): Promise<{ ids: number; events: number }>;
}

/** What sessions do for persons: a user's id is the name of an account. */
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
}

/** Kinds of what is known, in the order in which they are shown. */
export const KINDS = ["accounts", "ids", "events", "sessions"] as const;

/** All persons of a database. */
export class People<Account extends PersonAccount = PersonAccount> {
  constructor(readonly profiles: AccountSource<Account>, readonly sessions: SessionSource) {}

  /** All that is known of the person who has this account, by kind, in pages, in the order of KINDS. */
  async *export(name: PersonAccount): AsyncGenerator<readonly [kind: string, page: unknown[]]> {
    const accounts = await this.profiles.accounts(name);
    yield* this.profiles.export(accounts);
    for (const user of usersOf(accounts)) {
      for await (const lines of this.sessions.exportUser(user)) {
        yield ["sessions", lines.trimEnd().split("\n").map((line) => JSON.parse(line))];
      }
    }
  }

  /**
   * Forgets the person who has this account: all accounts, and the sessions of the users who are called like them. Asked
   * again after a failure, it goes on where it stopped: accounts go last.
   */
  async remove(name: PersonAccount): Promise<Removed> {
    const accounts = await this.profiles.accounts(name);
    let sessions = 0;
    for (const user of usersOf(accounts)) sessions += await this.sessions.deleteUser(user);
    return { accounts: accounts.length, ...await this.profiles.remove(accounts), sessions };
  }
}

function usersOf(accounts: readonly PersonAccount[]): Set<string> {
  return new Set(accounts.map(({ account }) => account));
}
