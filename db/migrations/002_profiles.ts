/**
 * Profiles, events, and the counters that analytics reads.
 *
 * Triggers keep the counters, so that they change in the transaction that changes the rows, whoever changes them:
 * `field_count`, `app.accounts` follow `account.person` and `person_field`; `active_hour` follows `account.last_hour`;
 * `app_event`, `app_context`, `event_total` and `context_total` follow `account_event`.
 */

/** Adds the fields of a person to, or takes them from, the counts of one app. */
const countFieldsOf = (person: string, app: string, sign: "+" | "-") =>
  `INSERT INTO field_count SELECT ${app}, field, value, ${sign}1 FROM person_field WHERE person = ${person}
    ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;`;

/** Adds a field's value to, or takes it from, the counts of each app in which its person has accounts. */
const countValueOf = (row: "new" | "old", sign: "+" | "-") =>
  `INSERT INTO field_count SELECT app, ${row}.field, ${row}.value, ${sign}count(*)
      FROM account WHERE person = ${row}.person GROUP BY app
    ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;`;

const countActive = (row: "new" | "old", sign: "+" | "-") =>
  `INSERT INTO active_hour SELECT ${row}.app, ${row}.last_hour, ${sign}1 WHERE ${row}.last_hour IS NOT NULL
    ON CONFLICT (app, hour) DO UPDATE SET accounts = accounts + excluded.accounts;`;

/** Adds `n` events of a row to the counts of its app. */
const countEvents = (row: "new" | "old", n: string) =>
  `INSERT INTO app_event SELECT ${row}.app, ${row}.event, ${row}.bucket, ${n} WHERE true
    ON CONFLICT (app, event, bucket) DO UPDATE SET n = n + excluded.n;
  INSERT INTO event_total SELECT ${row}.app, ${row}.event, ${n} WHERE true
    ON CONFLICT (app, event) DO UPDATE SET n = n + excluded.n;
  INSERT INTO app_context SELECT ${row}.app, ${row}.event, ${row}.context, ${row}.bucket, ${n} WHERE ${row}.context <> ''
    ON CONFLICT (app, event, context, bucket) DO UPDATE SET n = n + excluded.n;
  INSERT INTO context_total SELECT ${row}.app, ${row}.event, ${row}.context, ${n} WHERE ${row}.context <> ''
    ON CONFLICT (app, event, context) DO UPDATE SET n = n + excluded.n;`;

const dropZero = (table: string, key: readonly string[], count: string) =>
  `CREATE TRIGGER ${table}_at_zero AFTER UPDATE ON ${table} WHEN new.${count} = 0 BEGIN
    DELETE FROM ${table} WHERE (${key.join(", ")}) = (${key.map((column) => `new.${column}`).join(", ")});
  END`;

export const profiles = {
  version: 2,
  name: "profiles",
  statements: [
    `CREATE TABLE app (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      accounts INTEGER NOT NULL DEFAULT 0 -- accounts with a profile
    ) STRICT`,
    `CREATE TABLE account (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: older accounts have smaller ids
      app INTEGER NOT NULL,
      name TEXT NOT NULL,
      person INTEGER,   -- id of the person's first account, which may be gone; NULL: no profile, only events
      keywords TEXT,    -- JSON array of strings; NULL: never sent
      last_hour INTEGER -- hours since the epoch of the newest event; NULL: no events
    ) STRICT`,
    `CREATE UNIQUE INDEX account_by_name ON account (app, name)`,
    `CREATE INDEX account_by_person ON account (person, app) WHERE person IS NOT NULL`,
    `CREATE INDEX account_by_last_hour ON account (last_hour) WHERE last_hour IS NOT NULL`,
    // Who a service knows under an id. Accounts that share one have the same person.
    `CREATE TABLE identity (
      service TEXT NOT NULL, id TEXT NOT NULL, account INTEGER NOT NULL,
      PRIMARY KEY (service, id, account)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX identity_by_account ON identity (account)`,
    // Number of the latest update of a profile: it orders what accounts say of one person.
    `CREATE TABLE profile_update (number INTEGER NOT NULL) STRICT`,
    `INSERT INTO profile_update VALUES (0)`,
    `CREATE TABLE account_field (
      account INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
      number INTEGER NOT NULL, -- of the update that said so
      PRIMARY KEY (account, field)
    ) STRICT, WITHOUT ROWID`,
    // The latest of what a person's accounts say.
    `CREATE TABLE person_field (
      person INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
      number INTEGER NOT NULL,
      account INTEGER NOT NULL, -- which said so
      PRIMARY KEY (person, field)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE field_count (
      app INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL,
      accounts INTEGER NOT NULL, -- whose person has this value
      PRIMARY KEY (app, field, value)
    ) STRICT, WITHOUT ROWID`,
    // Events, counted by account and five minutes.
    `CREATE TABLE account_event (
      app INTEGER NOT NULL, account INTEGER NOT NULL, event TEXT NOT NULL,
      bucket INTEGER NOT NULL, -- five minutes, since the epoch
      context TEXT NOT NULL,   -- empty: none
      n INTEGER NOT NULL,
      PRIMARY KEY (account, event, bucket, context)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX account_event_by_bucket ON account_event (bucket)`,
    `CREATE TABLE app_event (
      app INTEGER NOT NULL, event TEXT NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,
      PRIMARY KEY (app, event, bucket)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE app_context (
      app INTEGER NOT NULL, event TEXT NOT NULL, context TEXT NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,
      PRIMARY KEY (app, event, context, bucket)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE event_total (
      app INTEGER NOT NULL, event TEXT NOT NULL, n INTEGER NOT NULL,
      PRIMARY KEY (app, event)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE context_total (
      app INTEGER NOT NULL, event TEXT NOT NULL, context TEXT NOT NULL, n INTEGER NOT NULL,
      PRIMARY KEY (app, event, context)
    ) STRICT, WITHOUT ROWID`,
    // Accounts by the hour of their newest event.
    `CREATE TABLE active_hour (
      app INTEGER NOT NULL, hour INTEGER NOT NULL, accounts INTEGER NOT NULL,
      PRIMARY KEY (app, hour)
    ) STRICT, WITHOUT ROWID`,

    `CREATE TRIGGER account_added AFTER INSERT ON account BEGIN ${countActive("new", "+")} END`,
    `CREATE TRIGGER account_changed AFTER UPDATE OF person, last_hour ON account
      WHEN new.person IS NOT old.person OR new.last_hour IS NOT old.last_hour
    BEGIN
      ${countActive("old", "-")} ${countActive("new", "+")}
      UPDATE app SET accounts = accounts + (new.person IS NOT NULL) - (old.person IS NOT NULL)
        WHERE id = new.app AND (new.person IS NULL) <> (old.person IS NULL);
      ${countFieldsOf("old.person", "old.app", "-")} ${countFieldsOf("new.person", "new.app", "+")}
      DELETE FROM person_field WHERE person = old.person
        AND NOT EXISTS (SELECT 1 FROM account WHERE person = old.person);
      DELETE FROM account WHERE id = new.id AND new.person IS NULL AND new.last_hour IS NULL;
    END`,
    `CREATE TRIGGER account_gone AFTER DELETE ON account
      WHEN NOT EXISTS (SELECT 1 FROM account WHERE app = old.app)
    BEGIN DELETE FROM app WHERE id = old.app; END`,
    `CREATE TRIGGER person_field_added AFTER INSERT ON person_field BEGIN ${countValueOf("new", "+")} END`,
    `CREATE TRIGGER person_field_changed AFTER UPDATE OF value ON person_field WHEN new.value <> old.value BEGIN
      ${countValueOf("old", "-")} ${countValueOf("new", "+")}
    END`,
    `CREATE TRIGGER person_field_gone AFTER DELETE ON person_field BEGIN ${countValueOf("old", "-")} END`,
    `CREATE TRIGGER account_event_added AFTER INSERT ON account_event BEGIN ${
      countEvents("new", "new.n")
    } END`,
    `CREATE TRIGGER account_event_changed AFTER UPDATE OF n ON account_event BEGIN
      ${countEvents("new", "new.n - old.n")}
    END`,
    `CREATE TRIGGER account_event_gone AFTER DELETE ON account_event BEGIN ${
      countEvents("old", "-old.n")
    } END`,
    dropZero("field_count", ["app", "field", "value"], "accounts"),
    dropZero("active_hour", ["app", "hour"], "accounts"),
    dropZero("app_event", ["app", "event", "bucket"], "n"),
    dropZero("app_context", ["app", "event", "context", "bucket"], "n"),
    dropZero("event_total", ["app", "event"], "n"),
    dropZero("context_total", ["app", "event", "context"], "n"),
  ],
};
