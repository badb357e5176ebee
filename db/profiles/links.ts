/**
 * Links between accounts: the rows of `identity` that are not split are edges from accounts to ids of services, and a
 * person is a connected component of them. Within a transaction `person_part` says which person each account of a
 * changed person will have, and `person_part_field` the fields of these persons; `MOVE_ACCOUNTS` moves the accounts, and
 * the counters follow.
 */
import type { Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";

/** Which account of which app. */
export interface AccountName {
  readonly app: string;
  readonly account: string;
}

/** An id of a service; undefined: any. */
export interface LinkQuery {
  readonly service?: string | undefined;
  readonly id?: string | undefined;
}

/** Keys of the accounts that ?1 names: [[app, account], …]. */
export const ACCOUNTS = `SELECT a.id FROM json_each(?1) name CROSS JOIN app ON app.name = name.value ->> 0
  CROSS JOIN account a ON a.app = app.id AND a.name = name.value ->> 1`;

// While accounts move, their persons have no fields: each field is counted off and on once, not once an account.
const MOVE_ACCOUNTS = [
  `DELETE FROM person_field WHERE person IN (SELECT person FROM person_part)`,
  `UPDATE account SET person = p.part FROM person_part p WHERE p.account = account.id AND p.part <> p.person`,
  `INSERT INTO person_field (person, field, value, number, account)
    SELECT person, field, value, number, account FROM person_part_field`,
  `DELETE FROM person_part_field`,
  `DELETE FROM person_part`,
].map((sql): Statement => ({ sql, args: [] }));

// The part with the oldest account goes on as the person that was; each other is named after its oldest account, which
// names no other person: those that it belonged to moved whole, or kept it.
const FIND_PARTS = `INSERT INTO person_seed (person, account) SELECT person, id FROM account
  WHERE person IN (SELECT person FROM account WHERE id IN (${ACCOUNTS}) AND person IS NOT NULL) ORDER BY person, id`;
const FIND_FIELDS = `INSERT INTO person_part_field (person, field, value, number, account)
  SELECT p.part, f.field, f.value, max(f.number), f.account
    FROM person_part p CROSS JOIN account_field f ON f.account = p.account GROUP BY p.part, f.field`;

// ?1 app, ?2 account, ?3 [[service, id], …]
const TARGET = `(SELECT a.id FROM app JOIN account a ON a.app = app.id WHERE app.name = ?1 AND a.name = ?2)`;
// The persons that an update makes one. All that an id joins are one already, so any of its accounts will do.
const LINKED = `linked (person) AS MATERIALIZED (
    SELECT person FROM account WHERE id = ${TARGET} AND person IS NOT NULL
    UNION
    SELECT a.person FROM json_each(?3) k CROSS JOIN account a ON a.id =
        (SELECT account FROM identity WHERE service = k.value ->> 0 AND id = k.value ->> 1
          AND account <> ${TARGET} AND split_at IS NULL ORDER BY account LIMIT 1)
      WHERE NOT EXISTS (SELECT 1 FROM identity WHERE service = k.value ->> 0 AND id = k.value ->> 1
        AND account = ${TARGET} AND split_at IS NOT NULL)
  )`;
/** Says which guard has failed: it sets the number to NULL, which the table refuses with the whole update. */
export const GUARD = "profile_update.number";
// ?4: the most accounts that a person may have. Only an update that joins somebody is held against it.
const NEXT_NUMBER = `WITH ${LINKED}, joined (persons, accounts) AS MATERIALIZED (
    SELECT (SELECT count(*) FROM linked) + isNew,
      (SELECT count(*) FROM linked JOIN account a ON a.person = linked.person) + isNew
    FROM (SELECT person IS NULL AS isNew FROM account WHERE id = ${TARGET}))
  UPDATE profile_update
  SET number = CASE WHEN (SELECT persons > 1 AND accounts > ?4 FROM joined) THEN NULL ELSE number + 1 END`;
const JOIN_PERSONS = `WITH ${LINKED}
  INSERT INTO person_part (person, account, part)
  SELECT a.person, a.id, (SELECT min(person) FROM linked) FROM linked JOIN account a ON a.person = linked.person
    WHERE (SELECT count(*) FROM linked) > 1`;
const JOIN_FIELDS = `INSERT INTO person_part_field (person, field, value, number, account)
  SELECT p.part, f.field, f.value, max(f.number), f.account
    FROM (SELECT DISTINCT person, part FROM person_part) p CROSS JOIN person_field f ON f.person = p.person
    GROUP BY p.part, f.field`;
const JOIN_ACCOUNT = `WITH ${LINKED}
  UPDATE account SET person = ifnull((SELECT min(person) FROM linked), id) WHERE id = ${TARGET} AND person IS NULL`;

// ?1 [[app, account]], ?2 service, ?3 id, ?4 now
const KNOWN_PROFILE = `SELECT 1 FROM account WHERE id IN (${ACCOUNTS}) AND person IS NOT NULL`;
const DELETE_IDS =
  `DELETE FROM identity WHERE account IN (${ACCOUNTS}) AND service = ?2 RETURNING service, id`;
const SPLIT_IDS = `UPDATE identity SET split_at = ?4
  WHERE account IN (${ACCOUNTS}) AND service = ifnull(?2, service) AND id = ifnull(?3, id) AND split_at IS NULL
    AND EXISTS (SELECT 1 FROM identity other WHERE other.service = identity.service AND other.id = identity.id
      AND other.account <> identity.account AND other.split_at IS NULL)
  RETURNING service, id`;

/** The statements that make one person of those whom an update links, and join its account to that person. */
export function joinStatements(
  { app, account }: AccountName,
  identities: string,
  maxAccounts: number,
): Statement[] {
  const args = [app, account, identities];
  return [
    { sql: NEXT_NUMBER, args: [...args, maxAccounts] },
    { sql: JOIN_PERSONS, args },
    { sql: JOIN_FIELDS, args: [] },
    ...MOVE_ACCOUNTS,
    { sql: JOIN_ACCOUNT, args },
  ];
}

/** The statements that divide the persons of accounts ([[app, account], …]) into those that ids still join. */
export function divideStatements(names: string): Statement[] {
  return [{ sql: FIND_PARTS, args: [names] }, { sql: FIND_FIELDS, args: [] }, ...MOVE_ACCOUNTS];
}

/** The queries, bound to a database. */
export type LinkStore = ReturnType<typeof createLinkStore>;

export function createLinkStore({ commits }: Database) {
  /** The ids that the statement answered; undefined where the account has no profile. */
  async function divide({ app, account }: AccountName, change: (names: string) => Statement) {
    const names = JSON.stringify([[app, account]]);
    const [known, changed] = await commits.execute([
      { sql: KNOWN_PROFILE, args: [names] },
      change(names),
      ...divideStatements(names),
    ]);
    return known!.rows.length === 0 ? undefined : changed!.rows as [service: string, id: string][];
  }
  return {
    /** Forgets the account's ids of a service, and answers them; undefined where the account has no profile. */
    removeIds: (name: AccountName, service: string) =>
      divide(name, (names) => ({ sql: DELETE_IDS, args: [names, service] })),
    /**
     * Splits the account's links by such ids for good: they join it to nobody, however often it says them. Answers the
     * ids that joined it to others until now; undefined where the account has no profile.
     */
    split: (name: AccountName, { service, id }: LinkQuery, now: number) =>
      divide(name, (names) => ({ sql: SPLIT_IDS, args: [names, service ?? null, id ?? null, now] })),
  };
}
