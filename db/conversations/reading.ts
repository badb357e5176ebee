/** The queries of what a person may see of chat channels, and of what their messages add up to. Times are milliseconds. */
import type { Row, Value } from "../engine/engine.ts";
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
export function createReading(
  { commits, query, scan, damage }: Pick<Database, "commits" | "query" | "scan" | "damage">,
) {
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
