/** Everything that is stored of a person's accounts, as it is shown to them, and its removal. */
import { BUCKET_MS } from "../../db/profiles/events.ts";
import type { AccountRow, EventRow, PeopleStore } from "../../db/profiles/people.ts";
import type { AccountName } from "../../db/profiles/links.ts";
import { RunnelError } from "../errors.ts";
import { iso } from "../time.ts";
import { BIRTH_FIELDS } from "./birth.ts";
import { showTraits } from "./traits.ts";

/** All persons of a database. */
export class ProfilesOfPeople {
  constructor(readonly store: PeopleStore) {}

  /** The accounts of the person who has this one, the oldest first. Never heard of: `profile-not-found`. */
  async accounts(name: AccountName): Promise<AccountRow[]> {
    const accounts = await this.store.accounts(name);
    if (accounts.length > 0) return accounts;
    throw new RunnelError(
      "profile-not-found",
      `nothing is known of account ${name.account} of app ${name.app}`,
    );
  }

  /** Which names of a person's accounts those of other persons have as well, in any app; sorted. */
  sharedNames(accounts: readonly AccountRow[]): Promise<string[]> {
    return this.store.sharedNames(accounts);
  }

  /** What is stored of accounts, by kind, in pages. */
  async *export(accounts: readonly AccountRow[]): AsyncGenerator<readonly [kind: string, page: unknown[]]> {
    yield ["accounts", accounts.map(shownAccount)];
    const named = new Map(accounts.map(({ key, app, account }) => [key, { app, account }]));
    const ids = await this.store.ids(accounts);
    yield [
      "ids",
      ids.map(({ account, service, id, at, splitAt }) => ({
        service,
        id,
        ...named.get(account)!,
        since: at === null ? null : iso(at),
        split: splitAt === null ? null : iso(splitAt),
      })),
    ];
    for (const row of accounts) {
      const { app, account } = row;
      for await (const page of this.store.events(row)) {
        yield ["events", page.map((event) => ({ app, account, ...shownEvents(event) }))];
      }
    }
  }

  /** Forgets accounts everywhere, and answers how much there was. */
  remove(accounts: readonly AccountRow[]): Promise<{ ids: number; events: number }> {
    return this.store.remove(accounts);
  }
}

function shownEvents([event, bucket, context, count]: EventRow) {
  return { event, context, from: iso(bucket * BUCKET_MS), to: iso((bucket + 1) * BUCKET_MS), count };
}

function shownAccount({ app, account, fields, keywords, lastHour }: AccountRow) {
  const [year, month, day] = BIRTH_FIELDS;
  const { [year]: _year, [month]: _month, [day]: born, ...others } = fields;
  const demographics = Object.fromEntries(Object.entries(others).filter(([field]) => !field.startsWith("[")));
  // "MM-DD-YYYY" as ISO 8601.
  const dateOfBirth = born && `${born.slice(6)}-${born.slice(0, 5)}`;
  const lastEventHour = lastHour === null ? null : iso(lastHour * 12 * BUCKET_MS);
  return {
    app,
    account,
    demographics: { ...demographics, ...(born && { dateOfBirth }) },
    traits: showTraits(fields) ?? {},
    keywords,
    lastEventHour,
  };
}
