/** The queries of profiles: what accounts say of themselves, and whose accounts they are. */
import { createLookup, type Plan } from "../batcher.ts";
import { EngineError, type Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { type AccountName, ACCOUNTS, divideStatements, GUARD, joinStatements } from "./links.ts";

// Statements of one update take the same arguments: ?1 app, ?2 account, ?3 [[service, id], …], ?4 {field: value},
// ?5 [keyword, …] or NULL.
const COUNT_PROFILES = `SELECT ifnull(sum(accounts), 0) FROM app`;
const TARGET = `(SELECT a.id FROM app JOIN account a ON a.app = app.id WHERE app.name = ?1 AND a.name = ?2)`;
const INSERT_APP = `INSERT INTO app (name) VALUES (?1) ON CONFLICT DO NOTHING`;
const INSERT_ACCOUNT = `INSERT INTO account (app, name) SELECT id, ?2 FROM app WHERE name = ?1
  ON CONFLICT DO NOTHING`;
const INSERT_IDENTITIES = `INSERT INTO identity (service, id, account, at)
  SELECT value ->> 0, value ->> 1, ${TARGET}, ?4 FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`;
const SAY_FIELDS = `INSERT INTO account_field (account, field, value, number)
  SELECT ${TARGET}, f.key, f.value, u.number FROM json_each(?4) f, profile_update u WHERE true
  ON CONFLICT (account, field) DO UPDATE SET value = excluded.value, number = excluded.number`;
const SET_FIELDS = `INSERT INTO person_field (person, field, value, number, account)
  SELECT a.person, f.key, f.value, u.number, a.id
    FROM json_each(?4) f, profile_update u, account a WHERE a.id = ${TARGET}
  ON CONFLICT (person, field) DO UPDATE
    SET value = excluded.value, number = excluded.number, account = excluded.account`;
/** Says that a service would have too many fields: a text is set to NULL, which the table refuses with the whole update. */
const FIELD_GUARD = "account_field.value";
// ?3: how the names of the fields of each service begin; ?4: the most that a service may have.
const BOUND_FIELDS = `UPDATE account_field SET value = NULL WHERE account = ${TARGET} AND EXISTS (
  SELECT 1 FROM json_each(?3) service WHERE ?4 < (SELECT count(*) FROM account_field f
    WHERE f.account = ${TARGET} AND f.value <> '' AND substr(f.field, 1, length(service.value)) = service.value))`;
const SET_KEYWORDS = `UPDATE account SET keywords = ?3 WHERE id = ${TARGET}`;

// ?1: [[app, account], …]
const FORGET_EVENTS = `DELETE FROM account_event WHERE account IN (${ACCOUNTS})`;
const FORGET_IDENTITIES = `DELETE FROM identity WHERE account IN (${ACCOUNTS})`;
const FORGET_SAID = `DELETE FROM account_field WHERE account IN (${ACCOUNTS})`;
// Triggers take an account away that has neither a person nor events.
const FORGET_ACCOUNTS =
  `UPDATE account SET person = NULL, last_hour = NULL WHERE id IN (${ACCOUNTS}) RETURNING 1`;

const SELECT_PROFILES = `SELECT r.key,
    (SELECT json_group_object(field, value) FROM person_field WHERE person = a.person),
    (SELECT json_group_array(DISTINCT word.value)
      FROM account b, json_each(b.keywords) word WHERE b.person = a.person AND b.keywords IS NOT NULL)
  FROM json_each(?1) r
    CROSS JOIN app ON app.name = r.value ->> 0
    CROSS JOIN account a ON a.app = app.id AND a.name = r.value ->> 1
  WHERE a.person IS NOT NULL`;

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
  /** How many fields an account may have whose names begin so; undefined: as many as come. */
  readonly fieldBound?: { readonly beginnings: readonly string[]; readonly most: number } | undefined;
}

/** Why nothing of an update was stored: its person would have too many accounts, or the account too many fields. */
export type UpdateRefusal = "person-full" | "fields-full";

/** What all accounts of a person say. */
export interface ProfileRow {
  /** The latest value of each field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Each once, in no order. */
  readonly keywords: readonly string[];
}

/** The queries, bound to a database. */
export type ProfileStore = ReturnType<typeof createProfileStore>;

export function createProfileStore({ engine, commits, scan }: Database) {
  const commitUpdate = commits.writer(planUpdates);
  return {
    /** Stores what an account says, and makes one person of those whom it links, or says why not. Committed in groups. */
    async update(update: ProfileUpdate, bytes: number): Promise<UpdateRefusal | undefined> {
      try {
        await commitUpdate(update, bytes);
        return undefined;
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (error.message.includes(GUARD)) return "person-full";
        if (error.message.includes(FIELD_GUARD)) return "fields-full";
        throw error;
      }
    },
    /** What the account's person is known to be, or undefined without a profile. Coalesced. */
    get: createLookup(engine, planProfiles),
    /** How many accounts have a profile. */
    async count(): Promise<number> {
      return (await scan(COUNT_PROFILES))[0]![0] as number;
    },
    /** Forgets the account, its events and its share of every counter. False when it was not there. */
    async remove(name: AccountName): Promise<boolean> {
      const results = await commits.execute(forgetStatements([name]));
      return results.at(-1)!.rows.length > 0;
    },
  };
}

/**
 * The statements that forget accounts and the links through them; the last one answers a row for each that was there.
 * What others of their persons said before shows again.
 */
export function forgetStatements(accounts: readonly AccountName[]): Statement[] {
  const names = JSON.stringify(accounts.map(({ app, account }) => [app, account]));
  const args = [names];
  return [
    ...[FORGET_EVENTS, FORGET_IDENTITIES, FORGET_SAID].map((sql) => ({ sql, args })),
    // Each is a person of its own now, without fields.
    ...divideStatements(names),
    { sql: FORGET_ACCOUNTS, args },
  ];
}

function planUpdates(updates: ProfileUpdate[]): Plan<void> {
  return {
    statements: updates.flatMap(updateStatements),
    settle: () => updates.map(() => undefined),
  };
}

function updateStatements(
  { app, account, identities, fields, keywords, maxAccounts, fieldBound, at }: ProfileUpdate,
): Statement[] {
  const ids = JSON.stringify(identities), said = JSON.stringify(fields);
  const name = [app, account];
  return [
    { sql: INSERT_APP, args: [app] },
    { sql: INSERT_ACCOUNT, args: name },
    { sql: INSERT_IDENTITIES, args: [...name, ids, at] },
    ...joinStatements({ app, account }, ids, maxAccounts),
    { sql: SAY_FIELDS, args: [...name, null, said] },
    ...(fieldBound === undefined
      ? []
      : [{ sql: BOUND_FIELDS, args: [...name, JSON.stringify(fieldBound.beginnings), fieldBound.most] }]),
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
