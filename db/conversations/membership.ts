/** The queries of which chat channels there are, where they come from, and who is in them. */
import type { Database } from "../open.ts";
import type { ConversationOrigin, ConversationPlace, Source } from "./messages.ts";

// One source's channel is never touched in the name of another that has the same id.
const OF_SOURCE = `(SELECT id FROM conversation WHERE public_id = ?1 AND source = ?2)`;
const ENSURE = `INSERT INTO conversation (public_id, source, name) VALUES (?1, ?2, ?3)
  ON CONFLICT (public_id) DO UPDATE SET name = excluded.name, source = excluded.source
  WHERE source IN (excluded.source, 'unclaimed')`;
const RESERVE = `INSERT OR IGNORE INTO conversation (public_id, source, name) VALUES (?1, 'unclaimed', ?1)`;
const ADMIT = `INSERT OR IGNORE INTO member SELECT id, ?2 FROM conversation WHERE public_id = ?1`;
const RENAME = `UPDATE conversation SET name = ?3 WHERE public_id = ?1 AND source = ?2`;
const JOIN = `INSERT OR IGNORE INTO member
  SELECT id, ?3 FROM conversation WHERE public_id = ?1 AND source = ?2`;
const LEAVE = `DELETE FROM member WHERE person = ?3 AND conversation = ${OF_SOURCE}`;
const LEAVE_OTHERS = `DELETE FROM member WHERE person = ?1
  AND conversation NOT IN (SELECT id FROM conversation WHERE public_id IN (SELECT value FROM json_each(?2)))`;
const KEEP_MEMBERS = `DELETE FROM member WHERE substr(person, 1, length(?3)) = ?3
  AND conversation = ${OF_SOURCE} AND person NOT IN (SELECT value FROM json_each(?4))`;
const JOIN_ALL = `INSERT OR IGNORE INTO member SELECT c.id, r.value FROM json_each(?3) r
  CROSS JOIN conversation c ON c.public_id = ?1 AND c.source = ?2`;
const EMPTY_OTHERS = `DELETE FROM member WHERE substr(person, 1, length(?1) + 1) = ?1 || ':'
  AND conversation IN (SELECT id FROM conversation
    WHERE source = ?1 AND public_id NOT IN (SELECT value FROM json_each(?2)))`;
const EXPEL = `DELETE FROM member WHERE person IN (SELECT value FROM json_each(?1))`;
const SELECT_ACCOUNTS = `SELECT DISTINCT person FROM member WHERE person GLOB ?1`;
const SELECT_WITH_MEMBERS = `SELECT public_id FROM conversation c WHERE source = ?1
  AND EXISTS (SELECT 1 FROM member WHERE conversation = c.id AND person GLOB ?2)`;
const PUBLISH = `UPDATE conversation SET is_public = ?3 WHERE public_id = ?1 AND source = ?2`;
const CLAIM = `UPDATE conversation SET source = ?2 WHERE public_id = ?1 AND source = 'api'`;
const SELECT_SOURCE = `SELECT source FROM conversation WHERE public_id = ?1`;
const LINK = `INSERT OR IGNORE INTO person_link (person, account) VALUES (?1, ?2)`;
const UNLINK = `DELETE FROM person_link WHERE person = ?1 AND account = ?2 RETURNING 1`;
const SELECT_LINKS = `SELECT account FROM person_link WHERE person = ?1 ORDER BY account`;
const SELECT_SYNCED = `SELECT synced_at FROM conversation WHERE public_id = ?1 AND source = ?2`;
const SET_SYNCED = `UPDATE conversation SET synced_at = max(synced_at, ?3)
  WHERE public_id = ?1 AND source = ?2`;

/** The queries, bound to a database. */
export function createMembership({ commits, query, scan }: Pick<Database, "commits" | "query" | "scan">) {
  return {
    /**
     * Creates the channel, claims it if it is unclaimed, or gives it this name; makes these people members. False, and
     * nothing is done: a channel of another source has this id.
     */
    async ensure(
      { publicId, source, name }: ConversationOrigin,
      people: readonly string[] = [],
    ): Promise<boolean> {
      const [ensured] = await commits.execute([
        { sql: ENSURE, args: [publicId, source, name] },
        ...people.map((person) => ({ sql: JOIN, args: [publicId, source, person] })),
      ]);
      return ensured!.changes > 0;
    },
    /** Makes the person a member of the channel with that id, whichever its source; of one that is yet to be claimed. */
    async admit(publicId: string, person: string): Promise<void> {
      await commits.execute([{ sql: RESERVE, args: [publicId] }, { sql: ADMIT, args: [publicId, person] }]);
    },
    async rename({ publicId, source }: ConversationPlace, name: string): Promise<void> {
      await commits.execute([{ sql: RENAME, args: [publicId, source, name] }]);
    },
    async join({ publicId, source }: ConversationPlace, person: string): Promise<void> {
      await commits.execute([{ sql: JOIN, args: [publicId, source, person] }]);
    },
    async leave({ publicId, source }: ConversationPlace, person: string): Promise<void> {
      await commits.execute([{ sql: LEAVE, args: [publicId, source, person] }]);
    },
    /** Makes these, of all accounts that begin so (`slack:`, `mattermost:`), the channel's members. */
    async replaceMembers(
      { publicId, source }: ConversationPlace,
      accounts: string,
      people: readonly string[],
    ): Promise<void> {
      const members = JSON.stringify(people);
      await commits.execute([
        { sql: KEEP_MEMBERS, args: [publicId, source, accounts, members] },
        { sql: JOIN_ALL, args: [publicId, source, members] },
      ]);
    },
    /** Ends all membership of these accounts. */
    async expel(accounts: readonly string[]): Promise<void> {
      await commits.execute([{ sql: EXPEL, args: [JSON.stringify(accounts)] }]);
    },
    /** All accounts of that pattern (GLOB) that are members anywhere. */
    async accounts(pattern: string): Promise<string[]> {
      return (await scan(SELECT_ACCOUNTS, pattern)).map(([person]) => person as string);
    },
    /** The ids of a source's channels with members of that pattern (GLOB). */
    async withMembers(source: Source, pattern: string): Promise<string[]> {
      return (await scan(SELECT_WITH_MEMBERS, source, pattern)).map(([publicId]) => publicId as string);
    },
    /** Ends all membership of a source's channels but these: nobody can say any more who is in them. */
    async emptyOthers(source: string, publicIds: readonly string[]): Promise<void> {
      await commits.execute([{ sql: EMPTY_OTHERS, args: [source, JSON.stringify(publicIds)] }]);
    },
    /** Lets every person of Runnel read the channel, or its members only. */
    async setPublic({ publicId, source }: ConversationPlace, isPublic: boolean): Promise<void> {
      await commits.execute([{ sql: PUBLISH, args: [publicId, source, isPublic ? 1 : 0] }]);
    },
    /** Where the channel comes from; undefined when it is not known yet. */
    async sourceOf(publicId: string): Promise<string | undefined> {
      return (await query(SELECT_SOURCE, publicId))[0]?.[0] as string | undefined;
    },
    /** Gives a channel that no key wrote to yet to a source. */
    async claim(publicId: string, source: Source): Promise<void> {
      await commits.execute([{ sql: CLAIM, args: [publicId, source] }]);
    },
    /** Says that an account at a source is a person of Runnel. */
    async link(person: string, account: string): Promise<void> {
      await commits.execute([{ sql: LINK, args: [person, account] }]);
    },
    /** False when they were not linked. */
    async unlink(person: string, account: string): Promise<boolean> {
      return (await commits.execute([{ sql: UNLINK, args: [person, account] }]))[0]!.changes > 0;
    },
    async links(person: string): Promise<string[]> {
      return (await query(SELECT_LINKS, person)).map(([account]) => account as string);
    },
    /** Ends the person's membership of all channels but these. */
    async leaveOthers(person: string, publicIds: readonly string[]): Promise<void> {
      await commits.execute([{ sql: LEAVE_OTHERS, args: [person, JSON.stringify(publicIds)] }]);
    },
    /** How far the source's history of a channel was read; 0: not at all. */
    async syncedAt({ publicId, source }: ConversationPlace): Promise<number> {
      const [row] = await query(SELECT_SYNCED, publicId, source);
      return (row?.[0] ?? 0) as number;
    },
    async setSyncedAt({ publicId, source }: ConversationPlace, time: number): Promise<void> {
      await commits.execute([{ sql: SET_SYNCED, args: [publicId, source, time] }]);
    },
  };
}
