/**
 * Links between persons that can be undone. A row of `identity` is an edge from an account to an id of a service; a
 * person is a connected component of accounts and ids. `person_part` and `person_seed` find the components again inside
 * the transaction that removes an edge; between transactions their tables are empty.
 *
 * Persons that lost an account before this step stayed one person. The last statements divide those that no id joins.
 */
export const links = {
  version: 23,
  name: "links",
  statements: [
    // Milliseconds since the epoch; NULL: the id joins its accounts. A split edge joins nobody.
    `ALTER TABLE identity ADD COLUMN split_at INTEGER`,
    // Where the accounts of a person go.
    `CREATE TABLE person_part (
      person INTEGER NOT NULL, account INTEGER NOT NULL,
      part INTEGER NOT NULL, -- the person that the account will have
      PRIMARY KEY (person, account)
    ) STRICT, WITHOUT ROWID`,
    // The fields of those whom the accounts will have.
    `CREATE TABLE person_part_field (
      person INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, number INTEGER NOT NULL, account INTEGER NOT NULL,
      PRIMARY KEY (person, field)
    ) STRICT, WITHOUT ROWID`,
    // Inserting a person's accounts here, the oldest first, fills person_part. Each account is reached once.
    `CREATE VIEW person_seed AS SELECT person, account FROM person_part WHERE false`,
    `CREATE TRIGGER person_seed_reached INSTEAD OF INSERT ON person_seed
      WHEN NOT EXISTS (SELECT 1 FROM person_part WHERE person = new.person AND account = new.account)
    BEGIN
      INSERT INTO person_part SELECT new.person, account,
          CASE WHEN EXISTS (SELECT 1 FROM person_part WHERE person = new.person) THEN new.account ELSE new.person END
        FROM (
          WITH RECURSIVE reached (account, service, id) AS (
            SELECT new.account, NULL, NULL
            UNION
            SELECT NULL, i.service, i.id FROM reached r JOIN identity i ON i.account = r.account AND i.split_at IS NULL
            UNION
            SELECT i.account, NULL, NULL FROM reached r
              JOIN identity i ON i.service = r.service AND i.id = r.id AND i.split_at IS NULL
          ) SELECT account FROM reached WHERE account IS NOT NULL);
    END`,
    // An account that changes its person alone no longer counts its last hour down and up again.
    `DROP TRIGGER account_changed`,
    `CREATE TRIGGER account_changed AFTER UPDATE OF person, last_hour ON account
      WHEN new.person IS NOT old.person OR new.last_hour IS NOT old.last_hour
    BEGIN
      INSERT INTO active_hour SELECT old.app, old.last_hour, -1
          WHERE old.last_hour IS NOT NULL AND new.last_hour IS NOT old.last_hour
        ON CONFLICT (app, hour) DO UPDATE SET accounts = accounts + excluded.accounts;
      INSERT INTO active_hour SELECT new.app, new.last_hour, 1
          WHERE new.last_hour IS NOT NULL AND new.last_hour IS NOT old.last_hour
        ON CONFLICT (app, hour) DO UPDATE SET accounts = accounts + excluded.accounts;
      UPDATE app SET accounts = accounts + (new.person IS NOT NULL) - (old.person IS NOT NULL)
        WHERE id = new.app AND (new.person IS NULL) <> (old.person IS NULL);
      INSERT INTO field_count SELECT old.app, field, value, -1 FROM person_field
          WHERE person = old.person AND new.person IS NOT old.person
        ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;
      INSERT INTO field_count SELECT new.app, field, value, 1 FROM person_field
          WHERE person = new.person AND new.person IS NOT old.person
        ON CONFLICT (app, field, value) DO UPDATE SET accounts = accounts + excluded.accounts;
      DELETE FROM person_field WHERE person = old.person AND new.person IS NOT old.person
        AND NOT EXISTS (SELECT 1 FROM account WHERE person = old.person);
      DELETE FROM account WHERE id = new.id AND new.person IS NULL AND new.last_hour IS NULL;
    END`,

    `INSERT INTO person_seed (person, account) SELECT person, id FROM account
      WHERE person IN (SELECT person FROM account WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1)
      ORDER BY person, id`,
    `DELETE FROM person_part WHERE person NOT IN (SELECT person FROM person_part WHERE part <> person)`,
    `DELETE FROM person_field WHERE person IN (SELECT person FROM person_part)`,
    `UPDATE account SET person = p.part FROM person_part p WHERE p.account = account.id AND p.part <> p.person`,
    `INSERT INTO person_field (person, field, value, number, account)
      SELECT p.part, f.field, f.value, max(f.number), f.account
        FROM person_part p CROSS JOIN account_field f ON f.account = p.account GROUP BY p.part, f.field`,
    `DELETE FROM person_part`,
  ],
};
