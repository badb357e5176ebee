/** The queries of whole persons: everything that is stored of all their accounts, to be shown or forgotten. */
import type { Database } from "../open.ts";
import type { AccountName } from "./links.ts";
import { forgetStatements } from "./profiles.ts";

const EVENTS_A_PAGE = 1_000;

const SELECT_ACCOUNTS = `SELECT b.id, c.name, b.name, b.keywords, b.last_hour,
    (SELECT json_group_object(field, value) FROM account_field WHERE account = b.id)
  FROM app JOIN account a ON a.app = app.id AND a.name = ?2
    CROSS JOIN account b ON b.id IN (SELECT a.id UNION SELECT id FROM account WHERE person = a.person)
    CROSS JOIN app c ON c.id = b.app
  WHERE app.name = ?1 ORDER BY b.id`;
const SELECT_IDS = `SELECT i.account, i.service, i.id, i.at, i.split_at
  FROM json_each(?1) k CROSS JOIN identity i ON i.account = k.value ORDER BY i.service, i.id, i.account`;
const SELECT_EVENTS = `SELECT event, bucket, context, n FROM account_event
  WHERE account = ?1 AND (event, bucket, context) > (?2, ?3, ?4) ORDER BY event, bucket, context LIMIT ?5`;
const SELECT_SHARED = `SELECT DISTINCT n.value FROM json_each(?1) n CROSS JOIN app
  CROSS JOIN account a ON a.app = app.id AND a.name = n.value
  WHERE a.id NOT IN (SELECT value FROM json_each(?2)) ORDER BY 1`;
const COUNT_EVENTS =
  `SELECT ifnull(sum(n), 0) FROM account_event WHERE account IN (SELECT value FROM json_each(?1))`;
const COUNT_IDS = `SELECT count(*) FROM identity WHERE account IN (SELECT value FROM json_each(?1))`;

/** What one account of a person said. */
export interface AccountRow extends AccountName {
  readonly key: number;
  readonly keywords: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
  /** Hours since the epoch; null: no events. */
  readonly lastHour: number | null;
}

/** An id of a service and the account that said it. */
export interface IdRow {
  readonly account: number;
  readonly service: string;
  readonly id: string;
  /** Milliseconds since the epoch; null: before that was kept. */
  readonly at: number | null;
  /** When its link was split, in milliseconds since the epoch; null: it joins. */
  readonly splitAt: number | null;
}

/** Equal events of one account within five minutes. */
export type EventRow = readonly [event: string, bucket: number, context: string, n: number];

/** The queries, bound to a database. */
export type PeopleStore = ReturnType<typeof createPeopleStore>;

export function createPeopleStore({ commits, scan }: Database) {
  return {
    /** All accounts of the person of an account, the oldest first; none where the account is not known. */
    async accounts({ app, account }: AccountName): Promise<AccountRow[]> {
      const rows = await scan(SELECT_ACCOUNTS, app, account);
      return rows.map(([key, app, account, keywords, lastHour, fields]) => ({
        key: key as number,
        app: app as string,
        account: account as string,
        keywords: keywords === null ? [] : JSON.parse(keywords as string),
        fields: JSON.parse(fields as string),
        lastHour: lastHour as number | null,
      }));
    },
    /** Which names of these accounts others have as well, in any app. */
    async sharedNames(accounts: readonly AccountRow[]): Promise<string[]> {
      const names = JSON.stringify([...new Set(accounts.map(({ account }) => account))]);
      const rows = await scan(SELECT_SHARED, names, JSON.stringify(accounts.map(({ key }) => key)));
      return rows.map(([name]) => name as string);
    },
    async ids(accounts: readonly AccountRow[]): Promise<IdRow[]> {
      const rows = await scan(SELECT_IDS, JSON.stringify(accounts.map(({ key }) => key)));
      return rows.map(([account, service, id, at, splitAt]) =>
        ({ account, service, id, at, splitAt }) as IdRow
      );
    },
    /** All events of an account, in pages. */
    async *events({ key }: AccountRow): AsyncGenerator<EventRow[]> {
      let last: EventRow = ["", -1, "", 0];
      while (true) {
        const [event, bucket, context] = last;
        const page = await scan(SELECT_EVENTS, key, event, bucket, context, EVENTS_A_PAGE) as unknown[];
        yield page as EventRow[];
        if (page.length < EVENTS_A_PAGE) return;
        last = page.at(-1) as EventRow;
      }
    },
    /** Forgets accounts, their events and their shares of every counter in one commit; answers how much there was. */
    async remove(accounts: readonly AccountRow[]): Promise<{ ids: number; events: number }> {
      const keys = [JSON.stringify(accounts.map(({ key }) => key))];
      const [ids, events] = await commits.execute([
        { sql: COUNT_IDS, args: keys },
        { sql: COUNT_EVENTS, args: keys },
        ...forgetStatements(accounts),
      ]);
      return { ids: ids!.rows[0]![0] as number, events: events!.rows[0]![0] as number };
    },
  };
}
