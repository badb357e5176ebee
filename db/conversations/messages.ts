/** The queries that bring chat messages in, edit and delete them. Times are milliseconds since the epoch. */
import type { Plan } from "../batcher.ts";
import type { Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { DAY_MS } from "../day.ts";
import { messageChecksum } from "./sums.ts";

// An unclaimed channel becomes the source's; a channel of another source stays as it is.
const INSERT_CONVERSATIONS = `INSERT INTO conversation (public_id, source, name)
  SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true ON CONFLICT (public_id)
  DO UPDATE SET source = excluded.source, name = iif(source = 'unclaimed', excluded.name, name)`;
const ENSURE_CONVERSATIONS = `${INSERT_CONVERSATIONS} WHERE source = 'unclaimed'`;
// Answers those that are the source's.
const ENSURE_CHANGED_CONVERSATIONS = `${INSERT_CONVERSATIONS}, version = version + 1
  WHERE source IN (excluded.source, 'unclaimed') RETURNING source, public_id`;
// The same message again changes nothing, an older revision neither, and a deleted one stays deleted.
const UPSERT_MESSAGES = `INSERT INTO message 
    (conversation, origin, time, revised_at, author, text, details, reactions, checksum)
  SELECT c.id, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 7, r.value ->> 8,
    r.value ->> 9
  FROM json_each(?1) r CROSS JOIN conversation c ON c.public_id = r.value ->> 0 AND c.source = r.value ->> 6
  WHERE NOT EXISTS (SELECT 1 FROM deleted_message d WHERE d.conversation = c.id AND d.origin = r.value ->> 1)
  ORDER BY r.key
  ON CONFLICT (conversation, origin) DO UPDATE
    SET text = excluded.text, author = excluded.author, revised_at = excluded.revised_at, details = excluded.details,
      checksum = excluded.checksum, reactions = ifnull(excluded.reactions, reactions)
    WHERE excluded.revised_at >= revised_at`;
// Places of the messages that a channel lacks, or has otherwise.
const SELECT_NEWS = `SELECT r.key FROM json_each(?2) r
    LEFT JOIN conversation c ON c.public_id = ?1 AND c.source = ?3
    LEFT JOIN message m ON m.conversation = c.id AND m.origin = r.value ->> 0
  WHERE CASE WHEN m.id IS NULL
    THEN NOT EXISTS (SELECT 1 FROM deleted_message d WHERE d.conversation = c.id AND d.origin = r.value ->> 0)
    ELSE m.revised_at <= r.value ->> 1
      AND (m.author <> r.value ->> 2 OR m.text <> r.value ->> 3 OR m.details IS NOT r.value ->> 4
        OR ifnull(r.value ->> 5, m.reactions) IS NOT m.reactions)
    END`;
const SELECT_WINDOW = `SELECT origin, details ->> 'thread' FROM message
  WHERE conversation = (SELECT id FROM conversation WHERE public_id = ?1 AND source = ?2)
    AND time >= ?3 AND time < ?4`;
// RFC 7396: what is set to null is taken away.
const REACT = `UPDATE message SET reactions = json_patch(ifnull(reactions, '{}'), ?4)
  WHERE origin = ?3 AND conversation = (SELECT id FROM conversation WHERE public_id = ?1 AND source = ?2)`;
// Places: public id, source, and what of the channel is meant.
const PLACES = `json_each(?1) r
    CROSS JOIN conversation c ON c.public_id = r.value ->> 0 AND c.source = r.value ->> 1`;
const MESSAGES_AT_PLACES = `${PLACES}
    CROSS JOIN message m ON m.conversation = c.id AND m.origin = r.value ->> 2`;
const MARK_DAYS = `INSERT INTO changed_day (conversation, day, changes)
  SELECT c.id, r.value ->> 2, 1 FROM ${PLACES}
  WHERE true ON CONFLICT DO UPDATE SET changes = changes + 1`;
// An edit keeps its message's time, so the changed day is that of the stored row.
const MARK_STORED_DAYS = `INSERT INTO changed_day (conversation, day, changes)
  SELECT DISTINCT m.conversation, m.time / ${DAY_MS}, 1
  FROM ${MESSAGES_AT_PLACES}
  WHERE true ON CONFLICT DO UPDATE SET changes = changes + 1`;
const COUNT_CHANGE = `UPDATE conversation SET version = version + 1 WHERE public_id = ?1 AND source = ?2`;
const BURY = `INSERT OR IGNORE INTO deleted_message (conversation, origin, deleted_at)
  SELECT c.id, r.value ->> 2, ?2 FROM ${PLACES}`;
const BURY_EXISTING = `INSERT OR IGNORE INTO deleted_message (conversation, origin, deleted_at)
  SELECT m.conversation, m.origin, ?2 FROM ${MESSAGES_AT_PLACES}`;
const DELETE_MESSAGES = `DELETE FROM message WHERE id IN (SELECT m.id FROM ${MESSAGES_AT_PLACES})`;

const SELECT_EXPIRED = `SELECT id FROM conversation c
  WHERE EXISTS (SELECT 1 FROM message WHERE conversation = c.id AND time < ?1)`;
const SWEEP_MESSAGES = `DELETE FROM message WHERE id IN
  (SELECT id FROM message WHERE conversation = ?1 AND time < ?2 ORDER BY time LIMIT ?3)`;
const SWEEP_DELETED = `DELETE FROM deleted_message WHERE deleted_at < ?1`;
const SWEEP_SUMMARIES = `DELETE FROM day_summary WHERE day < ?1`;
const SWEEP_CHANGED = `DELETE FROM changed_day WHERE day < ?1`;
const SWEEP_PHRASES = `DELETE FROM day_phrase WHERE (conversation, phrase, day) IN
  (SELECT conversation, phrase, day FROM day_phrase WHERE conversation = ?1 AND day < ?2 LIMIT ?3)`;
const SELECT_IDS = `SELECT id FROM conversation`;

/** Where messages come from: a chat system, the program with a key, or a program without one (`api`). */
export type Source = "api" | "mattermost" | "slack" | `key:${string}`;

/** A channel by the id that its source gave it. */
export interface ConversationPlace {
  readonly publicId: string;
  readonly source: Source;
}

/** A chat channel as its source knows it. */
export interface ConversationOrigin extends ConversationPlace {
  readonly name: string;
}

/** What a source says of a message beside who wrote what and when. */
export interface MessageDetails {
  /** The id of the message that its thread begins with. */
  readonly thread?: string | undefined;
  /** The id of the message that it answers. */
  readonly replyTo?: string | undefined;
  /** True: a program wrote it. */
  readonly bot?: boolean | undefined;
  /** Where it is shown at its source. */
  readonly link?: string | undefined;
}

/** A message on its way in. */
export interface IncomingMessage {
  /** Its id at its source. */
  readonly origin: string;
  readonly time: number;
  /** When it was edited last, else `time`. */
  readonly revisedAt: number;
  readonly author: string;
  readonly text: string;
  readonly details?: MessageDetails | undefined;
  /** Each as `EMOJI PERSON`; undefined: not known. */
  readonly reactions?: readonly string[] | undefined;
  /** Its id was made just now, so that the channel cannot have it already. */
  readonly isNew?: boolean;
}

/** Messages of one channel, stored together or not at all. */
export interface MessageBatch {
  readonly conversation: ConversationOrigin;
  readonly messages: readonly IncomingMessage[];
}

/** The queries, bound to a database. */
export type MessageStore = ReturnType<typeof createMessageStore>;

export function createMessageStore({ commits, scan }: Database) {
  const store = commits.writer(planBatches);
  return {
    /**
     * Stores new messages and revisions, and creates the channel as needed. Committed in groups. False, and nothing is
     * stored, where the channel is another source's.
     */
    store: (batch: MessageBatch): Promise<boolean> =>
      store(batch, batch.messages.reduce((bytes, { text }) => bytes + 200 + text.length, 0)),
    /** Those of the messages that the channel lacks or has otherwise, so that reading a history again changes nothing. */
    async newsAmong(
      { publicId, source }: ConversationPlace,
      messages: readonly IncomingMessage[],
    ): Promise<IncomingMessage[]> {
      const rows = messages.map((message) => {
        const { origin, revisedAt, author, text } = message;
        return [origin, revisedAt, author, text, ...detailColumns(message)];
      });
      const found = await scan(SELECT_NEWS, publicId, JSON.stringify(rows), source);
      return found.map(([place]) => messages[place as number]!);
    },
    /** Ids of a channel's messages from then to before `until`, with those of their threads. */
    async window({ publicId, source }: ConversationPlace, from: number, until: number) {
      const rows = await scan(SELECT_WINDOW, publicId, source, from, until);
      return rows.map(([origin, thread]) => ({ origin: origin as string, thread: thread as string | null }));
    },
    /** Adds a reaction to a message that is there, or takes it away; the same again changes nothing. */
    async react(
      { publicId, source }: ConversationPlace,
      origin: string,
      reaction: string,
      isThere: boolean,
    ): Promise<void> {
      const change = JSON.stringify({ [reaction]: isThere ? 1 : null });
      await commits.execute([
        { sql: REACT, args: [publicId, source, origin, change] },
        { sql: COUNT_CHANGE, args: [publicId, source] },
      ]);
    },
    /** Deletes messages for good, also those that are still to come. */
    async remove(conversation: ConversationOrigin, origins: readonly string[], now: number): Promise<void> {
      const places = placesOf(conversation, origins);
      await commits.execute([
        { sql: ENSURE_CONVERSATIONS, args: [JSON.stringify([originRow(conversation)])] },
        { sql: BURY, args: [places, now] },
        ...deletion(conversation, places),
      ]);
    },
    /** Deletes a message for good if it is there, and answers whether it was. */
    async removeExisting(conversation: ConversationPlace, origin: string, now: number): Promise<boolean> {
      const places = placesOf(conversation, [origin]);
      const [buried] = await commits.execute([
        { sql: BURY_EXISTING, args: [places, now] },
        ...deletion(conversation, places),
      ]);
      return buried!.changes > 0;
    },

    /** Channels with messages older than `before`. */
    async expired(before: number): Promise<number[]> {
      return (await scan(SELECT_EXPIRED, before)).map(([id]) => id as number);
    },
    /** Frees up to `limit` of a channel's messages older than `before`, and answers how many. */
    async sweep(conversation: number, before: number, limit: number): Promise<number> {
      const [result] = await commits.execute([{ sql: SWEEP_MESSAGES, args: [conversation, before, limit] }]);
      return result!.changes;
    },
    /** Forgets deletions, summaries and marks of days that lie before. */
    async sweepDays(before: number): Promise<void> {
      const day = Math.floor(before / DAY_MS);
      await commits.execute([
        { sql: SWEEP_DELETED, args: [before] },
        { sql: SWEEP_SUMMARIES, args: [day] },
        { sql: SWEEP_CHANGED, args: [day] },
      ]);
    },
    /** Frees up to `limit` of a channel's counts of phrases before that day, and answers how many. */
    async sweepPhrases(conversation: number, day: number, limit: number): Promise<number> {
      const [result] = await commits.execute([{ sql: SWEEP_PHRASES, args: [conversation, day, limit] }]);
      return result!.changes;
    },
    /** All channels. */
    async ids(): Promise<number[]> {
      return (await scan(SELECT_IDS)).map(([id]) => id as number);
    },
  };
}

const originRow = ({ publicId, source, name }: ConversationOrigin) => [publicId, source, name];

/** Details and reactions as they are stored: the same ones are the same text. */
function detailColumns(
  { details, reactions }: IncomingMessage,
): [details: string | null, reactions: string | null] {
  const known = details === undefined ? "{}" : JSON.stringify(details);
  return [
    known === "{}" ? null : known,
    reactions === undefined ? null : JSON.stringify(Object.fromEntries(reactions.map((one) => [one, 1]))),
  ];
}

const placesOf = ({ publicId, source }: ConversationPlace, origins: readonly string[]) =>
  JSON.stringify(origins.map((origin) => [publicId, source, origin]));

function deletion({ publicId, source }: ConversationPlace, places: string): Statement[] {
  return [
    { sql: MARK_STORED_DAYS, args: [places] },
    { sql: DELETE_MESSAGES, args: [places] },
    { sql: COUNT_CHANGE, args: [publicId, source] },
  ];
}

/** All messages of all waiting callers in one statement, in the order in which they came. */
function planBatches(batches: MessageBatch[]): Plan<boolean> {
  const origins = new Map(
    batches.map(({ conversation }) => [`${conversation.source} ${conversation.publicId}`, conversation]),
  );
  const rows: unknown[][] = [], maybeStored: [string, Source, string][] = [];
  const days = new Map<string, [string, Source, number]>();
  for (const { conversation: { publicId, source }, messages } of batches) {
    for (const message of messages) {
      const { origin, time, revisedAt, author, text, isNew } = message;
      const [details, reactions] = detailColumns(message);
      const sum = messageChecksum(origin, author, text, details);
      rows.push([publicId, origin, time, revisedAt, author, text, source, details, reactions, sum]);
      const day = Math.floor(time / DAY_MS);
      if (isNew) days.set(`${source} ${publicId} ${day}`, [publicId, source, day]);
      else maybeStored.push([publicId, source, origin]);
    }
  }
  const statements: Statement[] = [
    { sql: ENSURE_CHANGED_CONVERSATIONS, args: [JSON.stringify([...origins.values()].map(originRow))] },
    { sql: UPSERT_MESSAGES, args: [JSON.stringify(rows)] },
  ];
  const add = (sql: string, values: unknown[]) =>
    values.length > 0 && statements.push({ sql, args: [JSON.stringify(values)] });
  add(MARK_DAYS, [...days.values()]);
  add(MARK_STORED_DAYS, maybeStored);
  return {
    statements,
    settle([own]) {
      const places = new Set(own!.rows.map(([source, publicId]) => `${source} ${publicId}`));
      return batches.map(({ conversation: { source, publicId } }) => places.has(`${source} ${publicId}`));
    },
  };
}
