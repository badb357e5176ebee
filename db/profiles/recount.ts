/** Counts again what triggers keep, from the rows that it is counted from. */
import type { Database } from "../open.ts";

interface Counter {
  readonly table: string;
  readonly columns: string;
  /** The rows that the table should have, in the order of its columns. */
  readonly recount: string;
}

/** In an order in which each is counted from what is right already. */
const COUNTERS: readonly Counter[] = [
  {
    table: "person_field",
    columns: "person, field, value, number, account",
    recount: `SELECT a.person, f.field, f.value, max(f.number), f.account
      FROM account a JOIN account_field f ON f.account = a.id GROUP BY a.person, f.field`,
  },
  {
    table: "field_count",
    columns: "app, field, value, accounts",
    recount: `SELECT a.app, f.field, f.value, count(*)
      FROM account a JOIN person_field f ON f.person = a.person GROUP BY 1, 2, 3`,
  },
  {
    table: "field_total",
    columns: "app, field, accounts",
    recount: `SELECT app, field, sum(accounts) FROM field_count
      WHERE substr(field, 1, 1) <> '[' AND substr(field, 1, 5) <> 'birth' GROUP BY 1, 2`,
  },
  {
    table: "active_hour",
    columns: "app, hour, accounts",
    recount: `SELECT app, last_hour, count(*) FROM account WHERE last_hour IS NOT NULL GROUP BY 1, 2`,
  },
  {
    table: "app_event",
    columns: "app, event, bucket, n",
    recount: `SELECT app, event, bucket, sum(n) FROM account_event GROUP BY 1, 2, 3`,
  },
  {
    table: "app_context",
    columns: "app, event, context, bucket, n",
    recount:
      `SELECT app, event, context, bucket, sum(n) FROM account_event WHERE context <> '' GROUP BY 1, 2, 3, 4`,
  },
  {
    table: "context_total",
    columns: "app, event, context, n",
    recount: `SELECT app, event, context, sum(n) FROM app_context GROUP BY 1, 2, 3`,
  },
  {
    table: "event_total",
    columns: "app, event, n, with_context",
    recount: `SELECT e.app, e.event, sum(e.n),
        ifnull((SELECT sum(n) FROM context_total WHERE app = e.app AND event = e.event), 0)
      FROM app_event e GROUP BY 1, 2`,
  },
];

const countDifferences = ({ table, columns, recount }: Counter) =>
  `WITH kept AS MATERIALIZED (SELECT ${columns} FROM ${table}), counted AS MATERIALIZED (${recount})
  SELECT count(*) FROM (
    SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted)
    UNION ALL SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept))`;

const WRONG_APPS = `SELECT count(*) FROM app
  WHERE accounts <> (SELECT count(*) FROM account WHERE app = app.id AND person IS NOT NULL)`;
const RECOUNT_APPS = `UPDATE app
  SET accounts = (SELECT count(*) FROM account WHERE app = app.id AND person IS NOT NULL)`;

/** The recount, bound to a database. */
export type Recounter = ReturnType<typeof createRecounter>;

export function createRecounter({ commits, scan }: Database) {
  return {
    /** How many rows of each counter differ from what they count, those that differ only. Each table at one moment. */
    async differences(): Promise<Map<string, number>> {
      const found = new Map<string, number>();
      for (const counter of COUNTERS) {
        const [row] = await scan(countDifferences(counter));
        if (row![0] !== 0) found.set(counter.table, row![0] as number);
      }
      const [apps] = await scan(WRONG_APPS);
      if (apps![0] !== 0) found.set("app", apps![0] as number);
      return found;
    },
    /** Counts everything again, in one transaction. */
    async repair(): Promise<void> {
      // Triggers see these changes, too: what they count from them is counted again by a later statement.
      await commits.execute([
        ...COUNTERS.flatMap(({ table, columns, recount }) => [
          { sql: `DELETE FROM ${table}`, args: [] },
          { sql: `INSERT INTO ${table} (${columns}) ${recount}`, args: [] },
        ]),
        { sql: RECOUNT_APPS, args: [] },
      ]);
    },
  };
}
