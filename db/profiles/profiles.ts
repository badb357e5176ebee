/** The queries of profiles: what accounts say of themselves, and whose accounts they are. */
import { createLookup, type Plan } from "../batcher.ts";
import { EngineError, type Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";

// Statements of one update take the same arguments: ?1 app, ?2 account, ?3 [[service, id], …], ?4 {field: value},
// ?5 [keyword, …] or NULL.
const COUNT_PROFILES = `SELECT ifnull(sum(accounts), 0) FROM app`;
const TARGET = `(SELECT a.id FROM app JOIN account a ON a.app = app.id WHERE app.name = ?1 AND a.name = ?2)`;
const INSERT_APP = `INSERT INTO app (name) VALUES (?1) ON CONFLICT DO NOTHING`;
const INSERT_ACCOUNT = `INSERT INTO account (app, name) SELECT id, ?2 FROM app WHERE name = ?1
  ON CONFLICT DO NOTHING`;
const INSERT_IDENTITIES = `INSERT INTO identity (service, id, account, at)
  SELECT value ->> 0, value ->> 1, ${TARGET}, ?4 FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`;
// The persons that this update makes one. All who share an id are one already, so any of them will do.
const LINKED = `linked (person) AS MATERIALIZED (
    SELECT person FROM account WHERE id = ${TARGET} AND person IS NOT NULL
    UNION
    SELECT a.person FROM json_each(?3) k CROSS JOIN account a ON a.id =
      (SELECT min(account) FROM identity WHERE service = k.value ->> 0 AND id = k.value ->> 1 AND account <> ${TARGET})
  ),
  kept (person) AS MATERIALIZED (SELECT ifnull(min(person), ${TARGET}) FROM linked)`;
const KEEP_LATEST = `WHERE excluded.number > person_field.number`;
const MERGE_FIELDS = `WITH ${LINKED}
  INSERT INTO person_field (person, field, value, number, account)
  SELECT kept.person, f.field, f.value, max(f.number), f.account
    FROM kept, linked JOIN person_field f ON f.person = linked.person WHERE linked.person <> kept.person GROUP BY f.field
  ON CONFLICT (person, field) DO UPDATE
    SET value = excluded.value, number = excluded.number, account = excluded.account ${KEEP_LATEST}`;
const MERGE_PERSONS = `WITH ${LINKED}
  UPDATE account SET person = (SELECT person FROM kept)
  WHERE id IN (
    SELECT ${TARGET} UNION ALL
    SELECT a.id FROM kept, linked JOIN account a ON a.person = linked.person WHERE linked.person <> kept.person)
  AND person IS NOT (SELECT person FROM kept)`;
/** Says which guard has failed: it sets the number to NULL, which the table refuses with the whole update. */
const GUARD = "profile_update.number";
// ?4: the most accounts that a person may have. Only an update that joins somebody is held against it.
const NEXT_NUMBER = `WITH ${LINKED}, joined (persons, accounts) AS MATERIALIZED (
    SELECT (SELECT count(*) FROM linked) + isNew,
      (SELECT count(*) FROM linked JOIN account a ON a.person = linked.person) + isNew
    FROM (SELECT person IS NULL AS isNew FROM account WHERE id = ${TARGET}))
  UPDATE profile_update
  SET number = CASE WHEN (SELECT persons > 1 AND accounts > ?4 FROM joined) THEN NULL ELSE number + 1 END`;
const SAY_FIELDS = `INSERT INTO account_field (account, field, value, number)
  SELECT ${TARGET}, f.key, f.value, u.number FROM json_each(?4) f, profile_update u WHERE true
  ON CONFLICT (account, field) DO UPDATE SET value = excluded.value, number = excluded.number`;
const SET_FIELDS = `INSERT INTO person_field (person, field, value, number, account)
  SELECT a.person, f.key, f.value, u.number, a.id
    FROM json_each(?4) f, profile_update u, account a WHERE a.id = ${TARGET}
  ON CONFLICT (person, field) DO UPDATE
    SET value = excluded.value, number = excluded.number, account = excluded.account`;
const SET_KEYWORDS = `UPDATE account SET keywords = ?3 WHERE id = ${TARGET}`;

// What an account alone said goes with it; what others of its person said before shows again.
const FORGET_EVENTS = `DELETE FROM account_event WHERE account = ${TARGET}`;
const FORGET_IDENTITIES = `DELETE FROM identity WHERE account = ${TARGET}`;
const FORGET_SAID = `DELETE FROM account_field WHERE account = ${TARGET}`;
const UNSET_FIELDS = `DELETE FROM person_field
  WHERE person = (SELECT person FROM account WHERE id = ${TARGET}) AND account = ${TARGET}`;
const SET_EARLIER_FIELDS = `INSERT INTO person_field (person, field, value, number, account)
  SELECT a.person, f.field, f.value, max(f.number), f.account
    FROM account a JOIN account_field f ON f.account = a.id
    WHERE a.person = (SELECT person FROM account WHERE id = ${TARGET})
    GROUP BY f.field
  ON CONFLICT DO NOTHING`;
// Triggers take an account away that has neither a person nor events.
const FORGET_ACCOUNT = `UPDATE account SET person = NULL, last_hour = NULL WHERE id = ${TARGET} RETURNING 1`;

// ?1: [[app, account], …]
const SELECT_PROFILES = `SELECT r.key,
    (SELECT json_group_object(field, value) FROM person_field WHERE person = a.person),
    (SELECT json_group_array(DISTINCT word.value)
      FROM account b, json_each(b.keywords) word WHERE b.person = a.person AND b.keywords IS NOT NULL)
  FROM json_each(?1) r
    CROSS JOIN app ON app.name = r.value ->> 0
    CROSS JOIN account a ON a.app = app.id AND a.name = r.value ->> 1
  WHERE a.person IS NOT NULL`;

/** Which account of which app. */
export interface AccountName {
  readonly app: string;
  readonly account: string;
}

/** What an update says of an account. */
export interface ProfileUpdate extends AccountName {
  /** Service and id: accounts that share one are of one person. */
  readonly identities: readonly (readonly [service: string, id: string])[];
  readonly fields: Readonly<Record<string, string>>;
  /** Replaces the account's keywords, unless undefined. */
  readonly keywords: readonly string[] | undefined;
  /** When it came, in milliseconds since the epoch. */
  readonly at: number;
  /** The most accounts that a person may have. */
  readonly maxAccounts: number;
}

/** What all accounts of a person say. */
export interface ProfileRow {
  /** The latest value of each field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Each once, in no order. */
  readonly keywords: readonly string[];
}

/** The queries, bound to a database. */
export type ProfileStore = ReturnType<typeof createProfileStore>;

export function createProfileStore({ engine, commits, query }: Database) {
  const commitUpdate = commits.writer(planUpdates);
  return {
    /**
     * Stores what an account says, and makes one person of those whom it links. Committed in groups. False, and nothing
     * stored, when that person would have more than `maxAccounts` accounts.
     */
    async update(update: ProfileUpdate, bytes: number): Promise<boolean> {
      try {
        await commitUpdate(update, bytes);
        return true;
      } catch (error) {
        if (error instanceof EngineError && error.message.includes(GUARD)) return false;
        throw error;
      }
    },
    /** What the account's person is known to be, or undefined without a profile. Coalesced. */
    get: createLookup(engine, planProfiles),
    /** How many accounts have a profile. */
    async count(): Promise<number> {
      return (await query(COUNT_PROFILES))[0]![0] as number;
    },
    /** Forgets the account, its events and its share of every counter. False when it was not there. */
    async remove(name: AccountName): Promise<boolean> {
      const results = await commits.execute(forgetStatements(name));
      return results.at(-1)!.rows.length > 0;
    },
  };
}

/** The statements that forget an account; the last one answers a row where there was one. */
export function forgetStatements({ app, account }: AccountName): Statement[] {
  const args = [app, account];
  return [FORGET_EVENTS, FORGET_IDENTITIES, FORGET_SAID, UNSET_FIELDS, SET_EARLIER_FIELDS, FORGET_ACCOUNT]
    .map((sql) => ({ sql, args }));
}

function planUpdates(updates: ProfileUpdate[]): Plan<void> {
  return {
    statements: updates.flatMap(updateStatements),
    settle: () => updates.map(() => undefined),
  };
}

function updateStatements(
  { app, account, identities, fields, keywords, maxAccounts, at }: ProfileUpdate,
): Statement[] {
  const ids = JSON.stringify(identities), said = JSON.stringify(fields);
  const name = [app, account];
  return [
    { sql: INSERT_APP, args: [app] },
    { sql: INSERT_ACCOUNT, args: name },
    { sql: INSERT_IDENTITIES, args: [...name, ids, at] },
    { sql: NEXT_NUMBER, args: [...name, ids, maxAccounts] },
    { sql: MERGE_FIELDS, args: [...name, ids] },
    { sql: MERGE_PERSONS, args: [...name, ids] },
    { sql: SAY_FIELDS, args: [...name, null, said] },
    { sql: SET_FIELDS, args: [...name, null, said] },
    ...(keywords === undefined ? [] : [{ sql: SET_KEYWORDS, args: [...name, JSON.stringify(keywords)] }]),
  ];
}

function planProfiles(names: AccountName[]): Plan<ProfileRow | undefined> {
  const asked = JSON.stringify(names.map(({ app, account }) => [app, account]));
  return {
    statements: [{ sql: SELECT_PROFILES, args: [asked] }],
    settle([result]) {
      const profiles = new Array<ProfileRow | undefined>(names.length);
      for (const [key, fields, keywords] of result!.rows) {
        profiles[key as number] = {
          fields: JSON.parse(fields as string),
          keywords: JSON.parse(keywords as string),
        };
      }
      return profiles;
    },
  };
}
