/**
 * Persons that are joined or divided move as a whole: while `person_part` says who goes where, triggers leave the fields
 * of persons alone, and the statements of db/profiles/links.ts count each field once an app instead of once an account.
 *
 * Two sums that analytics asked for with every value are kept: the accounts that have a field (`field_total`, for
 * demographics), and the events that have a context.
 */

/** Adds a field's value to, or takes it from, the counts of each app in which its person has accounts. */
const countValueOf = (row: "new" | "old", sign: "+" | "-") =>
  `INSERT INTO field_count SELECT app, ${row}.field, ${row}.value, ${sign}count(*)
      FROM account WHERE person = ${row}.person GROUP BY app
    ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;`;

const countFieldsOf = (row: "new" | "old", sign: "+" | "-") =>
  `INSERT INTO field_count SELECT ${row}.app, field, value, ${sign}1 FROM person_field WHERE person = ${row}.person
    ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;`;

const countActive = (row: "new" | "old", sign: "+" | "-") =>
  `INSERT INTO active_hour SELECT ${row}.app, ${row}.last_hour, ${sign}1 WHERE ${row}.last_hour IS NOT NULL
    ON CONFLICT (app, hour) DO UPDATE SET accounts = accounts + excluded.accounts;`;

/** Adds `n` events of a row to the counts of its app. */
const countEvents = (row: "new" | "old", n: string) =>
  `INSERT INTO app_event SELECT ${row}.app, ${row}.event, ${row}.bucket, ${n} WHERE true
    ON CONFLICT (app, event, bucket) DO UPDATE SET n = n + excluded.n;
  INSERT INTO event_total SELECT ${row}.app, ${row}.event, ${n}, iif(${row}.context = '', 0, ${n}) WHERE true
    ON CONFLICT (app, event) DO UPDATE SET n = n + excluded.n, with_context = with_context + excluded.with_context;
  INSERT INTO app_context SELECT ${row}.app, ${row}.event, ${row}.context, ${row}.bucket, ${n} WHERE ${row}.context <> ''
    ON CONFLICT (app, event, context, bucket) DO UPDATE SET n = n + excluded.n;
  INSERT INTO context_total SELECT ${row}.app, ${row}.event, ${row}.context, ${n} WHERE ${row}.context <> ''
    ON CONFLICT (app, event, context) DO UPDATE SET n = n + excluded.n;`;

const NOBODY_MOVES = `NOT EXISTS (SELECT 1 FROM person_part)`;
const FORGET_ACCOUNT =
  `DELETE FROM account WHERE id = new.id AND new.person IS NULL AND new.last_hour IS NULL;`;
/** Names of traits begin with a bracket. Dates of birth are counted by ranges. */
const IS_SUMMED = (field: string) => `substr(${field}, 1, 1) <> '[' AND substr(${field}, 1, 5) <> 'birth'`;

const replaced = (trigger: string, rest: string) => [
  `DROP TRIGGER IF EXISTS ${trigger}`,
  `CREATE TRIGGER ${trigger} ${rest}`,
];

export const movingPersons = {
  version: 30,
  name: "moving persons",
  statements: [
    `DROP TRIGGER account_changed`,
    `CREATE TRIGGER account_hour_changed AFTER UPDATE OF last_hour ON account
      WHEN new.last_hour IS NOT old.last_hour
    BEGIN ${countActive("old", "-")} ${countActive("new", "+")} ${FORGET_ACCOUNT} END`,
    `CREATE TRIGGER account_person_changed AFTER UPDATE OF person ON account
      WHEN new.person IS NOT old.person AND ${NOBODY_MOVES}
    BEGIN
      UPDATE app SET accounts = accounts + (new.person IS NOT NULL) - (old.person IS NOT NULL)
        WHERE id = new.app AND (new.person IS NULL) <> (old.person IS NULL);
      ${countFieldsOf("old", "-")} ${countFieldsOf("new", "+")}
      DELETE FROM person_field WHERE person = old.person
        AND NOT EXISTS (SELECT 1 FROM account WHERE person = old.person);
      ${FORGET_ACCOUNT}
    END`,
    ...replaced(
      "person_field_added",
      `AFTER INSERT ON person_field WHEN ${NOBODY_MOVES} BEGIN ${countValueOf("new", "+")} END`,
    ),
    ...replaced(
      "person_field_changed",
      `AFTER UPDATE OF value ON person_field WHEN new.value <> old.value AND ${NOBODY_MOVES}
      BEGIN ${countValueOf("old", "-")} ${countValueOf("new", "+")} END`,
    ),
    ...replaced(
      "person_field_gone",
      `AFTER DELETE ON person_field WHEN ${NOBODY_MOVES} BEGIN ${countValueOf("old", "-")} END`,
    ),

    // Fields of moved accounts are written at once where they belong.
    `DROP TABLE person_part_field`,
    // With split_at, an account's ids are read from the index alone.
    `DROP INDEX identity_by_account`,
    `CREATE INDEX identity_by_account ON identity (account, split_at)`,
    // Which accounts an id joins to its oldest one. Empty between transactions.
    `CREATE TABLE person_edge (
      account INTEGER NOT NULL, first INTEGER NOT NULL,
      PRIMARY KEY (account, first)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX person_edge_by_first ON person_edge (first)`,
    // Inserting an account of a person here, the oldest of those whom edges join, fills person_part with them. The part
    // with the account kept goes on as the person.
    `DROP VIEW person_seed`,
    `CREATE VIEW person_seed AS SELECT person, account, account AS kept FROM person_part WHERE false`,
    `CREATE TRIGGER person_seed_reached INSTEAD OF INSERT ON person_seed
      WHEN NOT EXISTS (SELECT 1 FROM person_part WHERE person = new.person AND account = new.account)
    BEGIN
      INSERT INTO person_part
        WITH RECURSIVE reached (account) AS (
          SELECT new.account
          UNION SELECT e.first FROM reached r JOIN person_edge e ON e.account = r.account
          UNION SELECT e.account FROM reached r JOIN person_edge e ON e.first = r.account
        ), part (id) AS MATERIALIZED (SELECT iif(new.kept IN (SELECT account FROM reached), new.person, new.account))
        SELECT new.person, reached.account, part.id FROM part CROSS JOIN reached;
    END`,

    `CREATE TABLE field_total (
      app INTEGER NOT NULL, field TEXT NOT NULL,
      accounts INTEGER NOT NULL, -- whose person has any value
      PRIMARY KEY (app, field)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO field_total SELECT app, field, sum(accounts) FROM field_count
      WHERE ${IS_SUMMED("field")} GROUP BY app, field`,
    `CREATE TRIGGER field_count_added AFTER INSERT ON field_count WHEN ${IS_SUMMED("new.field")} BEGIN
      INSERT INTO field_total VALUES (new.app, new.field, new.accounts)
        ON CONFLICT (app, field) DO UPDATE SET accounts = accounts + excluded.accounts;
    END`,
    `CREATE TRIGGER field_count_changed AFTER UPDATE OF accounts ON field_count WHEN ${
      IS_SUMMED("new.field")
    } BEGIN
      UPDATE field_total SET accounts = accounts + new.accounts - old.accounts
        WHERE app = new.app AND field = new.field;
    END`,
    `CREATE TRIGGER field_total_at_zero AFTER UPDATE ON field_total WHEN new.accounts = 0 BEGIN
      DELETE FROM field_total WHERE app = new.app AND field = new.field;
    END`,

    `ALTER TABLE event_total ADD COLUMN with_context INTEGER NOT NULL DEFAULT 0`,
    `UPDATE event_total SET with_context = ifnull(
      (SELECT sum(n) FROM context_total c WHERE c.app = event_total.app AND c.event = event_total.event), 0)`,
    ...replaced(
      "account_event_added",
      `AFTER INSERT ON account_event BEGIN ${countEvents("new", "new.n")} END`,
    ),
    ...replaced(
      "account_event_changed",
      `AFTER UPDATE OF n ON account_event BEGIN ${countEvents("new", "new.n - old.n")} END`,
    ),
    ...replaced(
      "account_event_gone",
      `AFTER DELETE ON account_event BEGIN ${countEvents("old", "-old.n")} END`,
    ),
  ],
};
