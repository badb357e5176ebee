/** The queries of those who log in: own users, revoked tokens, and the secret that signs tokens. */
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";

const UPSERT_USER = `INSERT INTO own_user (name, password, changed_at) VALUES (?1, ?2, ?3)
  ON CONFLICT (name) DO UPDATE SET password = excluded.password, changed_at = excluded.changed_at`;
const SELECT_USER = `SELECT password FROM own_user WHERE name = ?1`;
const SELECT_USERS = `SELECT name FROM own_user ORDER BY name`;
const DELETE_USER = `DELETE FROM own_user WHERE name = ?1 RETURNING 1`;
const FORGET_MEMBER = `DELETE FROM member WHERE person = ?1`;
const FORGET_LINKS = `DELETE FROM person_link WHERE person = ?1`;
const FORGET_VISITS = `DELETE FROM visit WHERE person = ?1`;
const FORGET_ZONE = `DELETE FROM person_zone WHERE person = ?1`;
const SET_ZONE = `INSERT OR REPLACE INTO person_zone (person, timezone) VALUES (?1, ?2)`;
const SELECT_ZONE = `SELECT timezone FROM person_zone WHERE person = ?1`;
const SELECT_STANDING = `SELECT EXISTS (SELECT 1 FROM revoked_token WHERE id = ?1),
  (SELECT changed_at FROM own_user WHERE name = ?2),
  (SELECT voided_at FROM voided_account WHERE account = ?3)`;
const REVOKE = `INSERT OR IGNORE INTO revoked_token (id, expires_at) VALUES (?1, ?2)`;
const VOID = `INSERT OR REPLACE INTO voided_account (account, voided_at) SELECT value, ?2 FROM json_each(?1)`;
const SWEEP_REVOKED = `DELETE FROM revoked_token WHERE expires_at < ?1`;
const SWEEP_VOIDED = `DELETE FROM voided_account WHERE voided_at < ?1`;
const KEEP_SECRET = `INSERT OR IGNORE INTO server_secret (name, value) VALUES (?1, ?2)`;
const SELECT_SECRET = `SELECT value FROM server_secret WHERE name = ?1`;

/** What speaks against a token; times in milliseconds since the epoch. */
export interface TokenStanding {
  readonly revoked: boolean;
  readonly changedAt: number | undefined;
  readonly voidedAt: number | undefined;
}

/** The queries, bound to a database. */
export type PeopleStore = ReturnType<typeof createPeopleStore>;

export function createPeopleStore({ commits, query, scan }: Database) {
  return {
    /** Makes the user, or gives it that password. */
    async setPassword(name: string, password: string, now: number): Promise<void> {
      await commits.execute([{ sql: UPSERT_USER, args: [name, password, now] }]);
    },
    /** The stored password of that user. */
    async password(name: string): Promise<string | undefined> {
      return (await query(SELECT_USER, name))[0]?.[0] as string | undefined;
    },
    /** The person's own time zone. */
    async timezone(person: string): Promise<string | undefined> {
      return (await query(SELECT_ZONE, person))[0]?.[0] as string | undefined;
    },
    async setTimezone(person: string, timezone: string): Promise<void> {
      await commits.execute([{ sql: SET_ZONE, args: [person, timezone] }]);
    },
    async names(): Promise<string[]> {
      return (await scan(SELECT_USERS)).map(([name]) => name as string);
    },
    /** Removes the user and its memberships (`person`). False when there was none. */
    async remove(name: string, person: string): Promise<boolean> {
      const results = await commits.execute([
        { sql: DELETE_USER, args: [name] },
        { sql: FORGET_MEMBER, args: [person] },
        { sql: FORGET_LINKS, args: [person] },
        { sql: FORGET_VISITS, args: [person] },
        { sql: FORGET_ZONE, args: [person] },
      ]);
      return results[0]!.changes > 0;
    },
    /**
     * Whether a token was revoked, when the own user of that name last changed (undefined: there is none), and when the
     * tokens of the person were voided last.
     */
    async standing(token: string, name: string, person: string): Promise<TokenStanding> {
      const [[revoked, changedAt, voidedAt]] = await query(SELECT_STANDING, token, name, person) as [Row];
      return {
        revoked: revoked === 1,
        changedAt: (changedAt ?? undefined) as number | undefined,
        voidedAt: (voidedAt ?? undefined) as number | undefined,
      };
    },
    /** Makes all tokens of these accounts useless that were issued until `now`. */
    async voidTokens(accounts: readonly string[], now: number): Promise<void> {
      if (accounts.length > 0) await commits.execute([{ sql: VOID, args: [JSON.stringify(accounts), now] }]);
    },
    async revoke(token: string, expiresAt: number): Promise<void> {
      await commits.execute([{ sql: REVOKE, args: [token, expiresAt] }]);
    },
    /** Forgets revoked and voided tokens that have expired; `life`: how long a token is valid, in milliseconds. */
    async sweep(now: number, life: number): Promise<void> {
      await commits.execute([
        { sql: SWEEP_REVOKED, args: [now] },
        { sql: SWEEP_VOIDED, args: [now - life] },
      ]);
    },
    /** The secret of that name: the one that was kept first, by whichever process. */
    async secret(name: string, suggestion: string): Promise<string> {
      const [row] = await query(SELECT_SECRET, name);
      if (row !== undefined) return row[0] as string;
      await commits.execute([{ sql: KEEP_SECRET, args: [name, suggestion] }]);
      return (await query(SELECT_SECRET, name))[0]![0] as string;
    },
  };
}
