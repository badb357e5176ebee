/** The queries of chat channels, who is in them, and what their messages add up to. Times are milliseconds. */
import type { Row, Value } from "../engine/engine.ts";
import type { ConversationOrigin, ConversationPlace, Source } from "./messages.ts";
import type { Database } from "../open.ts";
import { checkMessage, damagedMessage } from "./sums.ts";

// A person, and the accounts that are theirs.
const ACCOUNTS = `(SELECT ?1 UNION SELECT account FROM person_link WHERE person = ?1)`;
const SELECT_OF_PERSON = `SELECT id, public_id, name, version FROM conversation WHERE is_public = 1 OR id IN
  (SELECT conversation FROM member WHERE person IN ${ACCOUNTS}) ORDER BY name, public_id`;
const IS_VISIBLE = `public_id = ?2
  AND (is_public = 1 OR EXISTS (SELECT 1 FROM member WHERE conversation = c.id AND person IN ${ACCOUNTS}))`;
const SELECT_ONE = `SELECT id, public_id, name, version FROM conversation c WHERE ${IS_VISIBLE}`;
// A step to either end of the index each, however many messages lie between.
const SELECT_ONE_WITH_ENDS = `SELECT id, public_id, name, version,
    (SELECT min(time) FROM message WHERE conversation = c.id AND time >= ?3 AND time < ?4),
    (SELECT max(time) FROM message WHERE conversation = c.id AND time >= ?3 AND time < ?4)
  FROM conversation c WHERE ${IS_VISIBLE}`;
const SELECT_BUCKETS = `SELECT time / ?4, count(*) FROM message
  WHERE conversation IN (SELECT value FROM json_each(?1)) AND time >= ?2 AND time < ?3 GROUP BY 1`;
const SELECT_ACTIVE = `SELECT author FROM message WHERE conversation = ?1 AND time >= ?2 AND time < ?3
  GROUP BY author ORDER BY count(*) DESC, author LIMIT ?4`;
const SELECT_ENDS = `SELECT
  (SELECT min(time) FROM message WHERE conversation = ?1 AND time >= ?2 AND time < ?3),
  (SELECT max(time) FROM message WHERE conversation = ?1 AND time >= ?2 AND time < ?3)`;
const COUNT_WITH_MESSAGES = `SELECT count(*) FROM conversation c
  WHERE (is_public = 1 OR id IN (SELECT conversation FROM member WHERE person IN ${ACCOUNTS}))
    AND EXISTS (SELECT 1 FROM message m WHERE m.conversation = c.id AND m.time >= ?2)`;
const SELECT_COUNT = `SELECT count(*) FROM message WHERE conversation = ?1 AND time >= ?2 AND time < ?3`;
const SELECT_COUNTS = `SELECT conversation, count(*) FROM message
  WHERE conversation IN (SELECT value FROM json_each(?1)) AND time >= ?2 AND time < ?3 GROUP BY 1`;
const SELECT_VISIT = `SELECT read_until FROM visit WHERE person = ?1 AND conversation = ?2`;
const SET_VISIT = `INSERT OR REPLACE INTO visit (person, conversation, read_until) VALUES (?1, ?2, ?3)`;
const MESSAGES = `FROM message WHERE conversation = ?1 AND time >= ?2 AND time < ?3 ORDER BY time, id`;
// What is cut off is not checked here, but where a message is shown whole.
const COLUMNS = `id, author, substr(text, 1, 8000) AS text, time, origin, details, reactions,
  iif(length(text) <= 8000, checksum, NULL) AS checksum`;
// The text of a whole JSON array, so that a busy day crosses threads as one string and is parsed where it is analysed.
const AS_JSON = `SELECT json_group_array(json_array(id, author, text, time, origin, json(details),
    iif(reactions IS NULL, 0, (SELECT count(*) FROM json_each(reactions))), checksum))`;
const SELECT_MESSAGES = `${AS_JSON} FROM (SELECT ${COLUMNS} ${MESSAGES})`;
// Numbering the rows costs as much as reading them.
const SELECT_SOME_MESSAGES = `${AS_JSON} FROM (
  SELECT ${COLUMNS}, row_number() OVER (ORDER BY time, id) AS position ${MESSAGES}) WHERE position % ?4 = 0`;
const SELECT_BY_ID = `SELECT m.origin, m.author, m.text, m.details, m.checksum, m.time, m.details ->> 'link'
  FROM json_each(?1) r JOIN message m ON m.id = r.value ORDER BY r.key`;

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

/** A chat channel that somebody may see. */
export interface ConversationRow {
  readonly id: number;
  readonly publicId: string;
  readonly name: string;
  /** Another number means that its messages may have changed. */
  readonly version: number;
}

/** A time from `from` to before `until`. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** The messages of one channel in a stretch of time. */
export interface Span extends Stretch {
  readonly conversation: number;
}

/** When the first and the last message of a span were written; a span without messages has none. */
export interface Ends {
  readonly first: number;
  readonly last: number;
}

/** The queries, bound to a database. */
export type ConversationStore = ReturnType<typeof createConversationStore>;

export function createConversationStore({ commits, query, scan, damage }: Database) {
  return {
    /** The channels that a person is in, by name. */
    async ofPerson(person: string): Promise<ConversationRow[]> {
      return (await scan(SELECT_OF_PERSON, person)).map(toConversation);
    },
    /** The channel with that public id, if the person is in it. */
    async visibleTo(person: string, publicId: string): Promise<ConversationRow | undefined> {
      const [row] = await query(SELECT_ONE, person, publicId);
      return row && toConversation(row);
    },
    /** The same with the ends of a stretch of it, in one round trip. */
    async visibleStretch(
      person: string,
      publicId: string,
      { from, until }: Stretch,
    ): Promise<{ channel: ConversationRow; ends: Ends | undefined } | undefined> {
      const [row] = await query(SELECT_ONE_WITH_ENDS, person, publicId, from, until);
      return row && { channel: toConversation(row), ends: toEnds(row[4], row[5]) };
    },

    /** Messages by bucket: number of the bucket (time / `size`) → how many. */
    async buckets(ids: readonly number[], from: number, until: number, size: number) {
      const rows = await scan(SELECT_BUCKETS, JSON.stringify(ids), from, until, size);
      return new Map(rows.map(([bucket, count]) => [bucket as number, count as number]));
    },
    /** Who wrote most, most first; equals by name. */
    async mostActive({ conversation, from, until }: Span, limit: number): Promise<string[]> {
      return (await scan(SELECT_ACTIVE, conversation, from, until, limit)).map(([author]) =>
        author as string
      );
    },
    /** The ends of a span. */
    async ends({ conversation, from, until }: Span): Promise<Ends | undefined> {
      const [row] = await query(SELECT_ENDS, conversation, from, until);
      return toEnds(row![0], row![1]);
    },
    /** How many channels that a person is in, or nobody (undefined), have messages since that time. */
    async countWithMessages(person: string | undefined, since: number): Promise<number> {
      return (await scan(COUNT_WITH_MESSAGES, person ?? null, since))[0]![0] as number;
    },
    /** How many messages a span has. */
    async count({ conversation, from, until }: Span): Promise<number> {
      const [row] = await scan(SELECT_COUNT, conversation, from, until);
      return row![0] as number;
    },
    /** The text of a JSON array of [id, author, text, time, origin, details, reactions, checksum], in the order written; only each `step`-th. */
    async messages({ conversation, from, until }: Span, step: number): Promise<string> {
      const rows = step === 1
        ? await scan(SELECT_MESSAGES, conversation, from, until)
        : await scan(SELECT_SOME_MESSAGES, conversation, from, until, step);
      return rows[0]![0] as string;
    },
    /** Each message that is still there, with its whole text, in the order of the ids. */
    async byIds(ids: readonly number[]) {
      const rows = await scan(SELECT_BY_ID, JSON.stringify(ids));
      return rows.map((row) => {
        checkMessage(row, damage);
        const [origin, author, text, , , time, link] = row;
        return {
          id: origin as string,
          time: time as number,
          username: author as string,
          link: (link ?? undefined) as string | undefined,
          text: text as string,
        };
      });
    },
    /** Notes a message whose checksum differs, by its id at its source, and answers the error for those who asked for it. */
    damaged: (origin: string) => damage.note(damagedMessage(origin)),
    /** How many messages each of these spans' channels has in it; channels without any are left out. */
    async counts(ids: readonly number[], from: number, until: number): Promise<Map<number, number>> {
      const rows = await scan(SELECT_COUNTS, JSON.stringify(ids), from, until);
      return new Map(rows.map(([id, count]) => [id as number, count as number]));
    },
    /** Until when the person has read a channel; undefined: never. */
    async visitedUntil(person: string, conversation: number): Promise<number | undefined> {
      return (await query(SELECT_VISIT, person, conversation))[0]?.[0] as number | undefined;
    },
    /** Keeps until when the person has read a channel. */
    async visit(person: string, conversation: number, until: number): Promise<void> {
      await commits.execute([{ sql: SET_VISIT, args: [person, conversation, until] }]);
    },

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

function toEnds(first: Value | undefined, last: Value | undefined): Ends | undefined {
  return typeof first === "number" && typeof last === "number" ? { first, last } : undefined;
}

function toConversation(row: Row): ConversationRow {
  return {
    id: row[0] as number,
    publicId: row[1] as string,
    name: row[2] as string,
    version: row[3] as number,
  };
}
