/** The queries that read all accounts with what is known of them in order, and bring split ids back. */
import { keysetPages } from "../operation/keyset_pages.ts";
import type { Database } from "../open.ts";
import type { EventCount } from "./events.ts";
import type { AccountName } from "./links.ts";

const NAMED = `JOIN app ON app.id = a.app`;
const SELECT_ACCOUNTS = `SELECT a.id, app.name, a.name, a.keywords FROM account a ${NAMED}
  WHERE a.id > ?1 AND a.person IS NOT NULL ORDER BY a.id LIMIT ?2`;
const SELECT_IDENTITIES = `SELECT i.account, i.service, i.id, app.name, a.name, i.at, i.split_at
  FROM identity i JOIN account a ON a.id = i.account ${NAMED}
  WHERE (i.account, i.service, i.id) > (?1, ?2, ?3) ORDER BY i.account, i.service, i.id LIMIT ?4`;
// There is no index of updates: few large pages.
const SELECT_FIELDS = `SELECT f.number, f.account, app.name, a.name, json_group_object(f.field, f.value)
  FROM account_field f JOIN account a ON a.id = f.account ${NAMED}
  WHERE (f.number, f.account) > (?1, ?2) GROUP BY f.number, f.account ORDER BY f.number, f.account LIMIT ?3`;
const SELECT_NAMES = `SELECT app.name, a.name, a.id FROM app JOIN account a ON a.app = app.id
  WHERE (app.name, a.name) > (?1, ?2) ORDER BY app.name, a.name LIMIT ?3`;
const SELECT_EVENTS = `SELECT app.name, a.name, e.event, e.bucket, e.context, e.n
  FROM json_each(?1) r CROSS JOIN account a ON a.id = r.value ${NAMED} JOIN account_event e ON e.account = a.id
  WHERE e.bucket >= ?2 ORDER BY r.key, e.event, e.bucket, e.context`;
const INSERT_SPLIT = `INSERT OR IGNORE INTO identity (service, id, account, at, split_at)
  SELECT ?3, ?4, a.id, ?5, ?6 FROM app JOIN account a ON a.app = app.id WHERE app.name = ?1 AND a.name = ?2`;

const PAGE = 500, FIELDS_PAGE = 20_000, ACCOUNTS_OF_EVENTS = 50;

/** An id that an account said. Times are milliseconds since the epoch. */
export interface SaidId extends AccountName {
  readonly service: string;
  readonly id: string;
  /** When; null: not known. */
  readonly at: number | null;
  /** Since when it joins the account to nobody; null: it does. */
  readonly splitAt: number | null;
}

/** The queries, bound to a database. */
export type PortableStore = ReturnType<typeof createPortableStore>;

export function createPortableStore({ commits, scan }: Database) {
  return {
    /** Every account with a profile, the oldest first; keywords as JSON. */
    async *accounts(): AsyncGenerator<(AccountName & { readonly keywords: string | null })[]> {
      for await (const rows of keysetPages(scan, SELECT_ACCOUNTS, { after: [0], limit: PAGE })) {
        yield rows.map(([, app, account, keywords]) => (
          { app: app as string, account: account as string, keywords: keywords as string | null }
        ));
      }
    },
    /** Every id of a service that an account said. */
    async *ids(): AsyncGenerator<SaidId[]> {
      for await (const rows of keysetPages(scan, SELECT_IDENTITIES, { after: [0, "", ""], limit: PAGE })) {
        yield rows.map(([, service, id, app, account, at, splitAt]) => ({
          app: app as string,
          account: account as string,
          service: service as string,
          id: id as string,
          at: at as number | null,
          splitAt: splitAt as number | null,
        }));
      }
    },
    /** What accounts said of themselves, in the order in which they did; fields as JSON. */
    async *fields(): AsyncGenerator<(AccountName & { readonly fields: string })[]> {
      for await (const rows of keysetPages(scan, SELECT_FIELDS, { after: [-1, 0], limit: FIELDS_PAGE })) {
        yield rows.map(([, , app, account, fields]) => (
          { app: app as string, account: account as string, fields: fields as string }
        ));
      }
    },
    /** Counts of events from a bucket on, in the order of apps and accounts. */
    async *events(from: number): AsyncGenerator<Omit<EventCount, "id">[]> {
      const options = { after: ["", ""], limit: ACCOUNTS_OF_EVENTS };
      for await (const accounts of keysetPages(scan, SELECT_NAMES, options)) {
        const rows = await scan(SELECT_EVENTS, JSON.stringify(accounts.map(([, , id]) => id)), from);
        yield rows.map(([app, account, event, bucket, context, n]) => ({
          app: app as string,
          account: account as string,
          event: event as string,
          bucket: bucket as number,
          context: context as string,
          n: n as number,
        }));
      }
    },
    /** Brings ids back that join nobody any more, of accounts that are there. */
    async split(ids: readonly SaidId[]): Promise<void> {
      await commits.execute(
        ids.map(({ app, account, service, id, at, splitAt }) => (
          { sql: INSERT_SPLIT, args: [app, account, service, id, at, splitAt] }
        )),
      );
    },
  };
}
