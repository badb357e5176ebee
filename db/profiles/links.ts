/**
 * Links between accounts: the rows of `identity` that are not split are edges from accounts to ids of services, and a
 * person is a connected component of them. Within a transaction `person_part` says which person each account of a
 * changed person will have.
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

/** Adds the fields of persons to, or takes them from, the counts of the apps in which they have accounts. */
const countFields = (persons: string, sign: "+" | "-") =>
  `INSERT INTO field_count SELECT a.app, f.field, f.value, ${sign}sum(a.n)
    FROM (SELECT p.person, b.app, count(*) AS n FROM (${persons}) p CROSS JOIN account b ON b.person = p.person
        GROUP BY p.person, b.app) a
      CROSS JOIN person_field f ON f.person = a.person
    GROUP BY a.app, f.field, f.value
  ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts`;
const plain = (sql: string): Statement => ({ sql, args: [] });
/** While persons move, triggers leave their fields uncounted: these statements come before it, and after it. */
const COUNT_OFF = plain(countFields(`SELECT DISTINCT person FROM person_part`, "-"));
const COUNT_ON = [
  countFields(`SELECT person FROM person_part UNION SELECT part FROM person_part`, "+"),
  `DELETE FROM person_part`,
].map(plain);

const THEIR_PERSONS = `SELECT person FROM account WHERE id IN (${ACCOUNTS}) AND person IS NOT NULL`;
// Materialized, so that the oldest account of an id is looked up once for each row.
const FIND_EDGES = `WITH edge (account, first) AS MATERIALIZED (
    SELECT i.account, (SELECT o.account FROM identity o WHERE o.service = i.service AND o.id = i.id
        AND o.split_at IS NULL ORDER BY o.account LIMIT 1)
      FROM account a CROSS JOIN identity i ON i.account = a.id AND i.split_at IS NULL
      WHERE a.person IN (${THEIR_PERSONS}))
  INSERT INTO person_edge (account, first) SELECT account, first FROM edge
    WHERE account <> first ON CONFLICT DO NOTHING`;
// The part with the account that the person is named after goes on as that person, or where it is gone the part with
// the oldest. Each other is named after its oldest account, which names nobody else: a person has the account that it is
// named after as long as there is one.
const KEPT = `kept (person, account) AS MATERIALIZED (
    SELECT person, ifnull(max(iif(id = person, id, NULL)), min(id)) FROM account
      WHERE person IN (${THEIR_PERSONS}) GROUP BY person)`;
// From the oldest accounts on, so that each part is found by its oldest.
const FIND_PARTS = `WITH ${KEPT}
  INSERT INTO person_seed (person, account, kept) SELECT a.person, a.id, k.account
    FROM (SELECT DISTINCT first FROM person_edge) e CROSS JOIN account a ON a.id = e.first
      CROSS JOIN kept k ON k.person = a.person
    WHERE NOT EXISTS (SELECT 1 FROM person_edge older WHERE older.account = e.first) ORDER BY a.person, a.id`;
const FIND_SINGLES = `WITH ${KEPT}
  INSERT INTO person_part SELECT a.person, a.id, iif(a.id = k.account, a.person, a.id)
    FROM kept k CROSS JOIN account a ON a.person = k.person WHERE true ON CONFLICT DO NOTHING`;
// A part keeps what its accounts said last of all. Only parts that lack one of the person's fields then are looked
// through, and what nobody says any more goes.
const DIVIDE = [
  `DELETE FROM person_edge`,
  `UPDATE person_field SET person = p.part FROM person_part p
    WHERE person_field.person IN (SELECT person FROM person_part)
      AND p.person = person_field.person AND p.account = person_field.account AND p.part <> p.person`,
  `WITH parts (person, part) AS MATERIALIZED (SELECT DISTINCT person, part FROM person_part),
    known (person, field) AS MATERIALIZED (
      SELECT DISTINCT p.person, f.field FROM parts p CROSS JOIN person_field f ON f.person = p.part),
    lacking (part) AS MATERIALIZED (
      SELECT DISTINCT p.part FROM parts p CROSS JOIN known k ON k.person = p.person
        WHERE NOT EXISTS (SELECT 1 FROM person_field WHERE person = p.part AND field = k.field))
  INSERT INTO person_field (person, field, value, number, account)
    SELECT p.part, f.field, f.value, max(f.number), f.account
      FROM person_part p CROSS JOIN account_field f ON f.account = p.account
      WHERE p.part IN (SELECT part FROM lacking) GROUP BY p.part, f.field
    ON CONFLICT DO NOTHING`,
  `DELETE FROM person_field WHERE person IN (SELECT part FROM person_part) AND NOT EXISTS (SELECT 1
    FROM account_field said WHERE said.account = person_field.account AND said.field = person_field.field)`,
  `UPDATE account SET person = p.part FROM person_part p WHERE p.account = account.id AND p.part <> p.person`,
].map(plain);

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
// One row a person, whose accounts all go to the same.
const JOIN_PERSONS = `WITH ${LINKED}
  INSERT INTO person_part (person, account, part) SELECT person, person, (SELECT min(person) FROM linked) FROM linked
    WHERE (SELECT count(*) FROM linked) > 1`;
const JOIN = [
  `INSERT INTO person_field (person, field, value, number, account)
    SELECT p.part, f.field, f.value, f.number, f.account
      FROM person_part p CROSS JOIN person_field f ON f.person = p.person WHERE p.part <> p.person
    ON CONFLICT (person, field) DO UPDATE SET value = excluded.value, number = excluded.number,
      account = excluded.account WHERE excluded.number > number`,
  `DELETE FROM person_field WHERE person IN (SELECT person FROM person_part WHERE part <> person)`,
  `UPDATE account SET person = p.part FROM person_part p WHERE account.person = p.person AND p.part <> p.person`,
].map(plain);
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
    COUNT_OFF,
    ...JOIN,
    ...COUNT_ON,
    { sql: JOIN_ACCOUNT, args },
  ];
}

/** The statements that divide the persons of accounts ([[app, account], …]) into those that ids still join. */
export function divideStatements(names: string): Statement[] {
  const find = [FIND_EDGES, FIND_PARTS, FIND_SINGLES].map((sql): Statement => ({ sql, args: [names] }));
  return [...find, COUNT_OFF, ...DIVIDE, ...COUNT_ON];
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
