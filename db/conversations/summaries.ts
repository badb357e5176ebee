/** The queries of finished days: their summaries, and in how many of their messages each phrase occurred. */
import type { Statement } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import type { Span } from "./conversations.ts";

const SELECT_CHANGED = `SELECT d.conversation, c.name, d.day, d.changes
  FROM changed_day d JOIN conversation c ON c.id = d.conversation
  WHERE d.day < ?1 ORDER BY d.day DESC, d.conversation LIMIT ?2`;
const COUNT_PEOPLE = `SELECT count(DISTINCT author) FROM message
  WHERE conversation = ?1 AND time >= ?2 AND time < ?3`;
const REPLACE_SUMMARY = `INSERT OR REPLACE INTO day_summary (conversation, day, summary, messages, people)
  VALUES (?1, ?2, ?3, ?4, ?5)`;
const DELETE_SUMMARY = `DELETE FROM day_summary WHERE conversation = ?1 AND day = ?2`;
const INSERT_PHRASES = `INSERT OR REPLACE INTO day_phrase (conversation, phrase, day, messages)
  SELECT ?1, value ->> 0, ?2, value ->> 1 FROM json_each(?3)`;
const DELETE_PHRASES = `DELETE FROM day_phrase WHERE conversation = ?1 AND day = ?2`;
// What changed since the day was read keeps its mark, so that it is written again.
const UNMARK = `DELETE FROM changed_day WHERE conversation = ?1 AND day = ?2 AND changes = ?3`;
const SELECT_SUMMARIES = `SELECT day, summary, messages, people,
    EXISTS (SELECT 1 FROM changed_day c WHERE c.conversation = s.conversation AND c.day = s.day)
  FROM day_summary s WHERE conversation = ?1 AND day >= ?2 ORDER BY day`;
const SELECT_USUAL = `SELECT r.value, (SELECT sum(messages) FROM day_phrase
    WHERE conversation = ?1 AND phrase = r.value AND day >= ?2 AND day < ?3) AS usual
  FROM json_each(?4) r WHERE usual IS NOT NULL`;
const SELECT_USUAL_MESSAGES = `SELECT ifnull(sum(messages), 0) FROM day_summary
  WHERE conversation = ?1 AND day >= ?2 AND day < ?3`;

/** So many are written in about 5 ms, which is how long other writers wait. */
const PHRASES_A_COMMIT = 1000;

/** A finished day whose messages changed since its summary was written, if it was. */
export interface ChangedDay {
  readonly conversation: number;
  readonly name: string;
  /** Days since the epoch, UTC. */
  readonly day: number;
  readonly changes: number;
}

/** What a finished day was about. */
export interface DaySummary {
  readonly day: number;
  readonly summary: string;
  readonly messages: number;
  readonly people: number;
}

/** A summary as it was written. */
export interface StoredSummary extends DaySummary {
  /** Whether a message of the day came, was edited or was deleted since. */
  readonly isOutdated: boolean;
}

/** The queries, bound to a database. */
export type SummaryStore = ReturnType<typeof createSummaryStore>;

export function createSummaryStore({ commits, scan, engine }: Database) {
  return {
    /** Up to `limit` changed days before `day`, the latest first. */
    async changed(day: number, limit: number): Promise<ChangedDay[]> {
      const rows = await scan(SELECT_CHANGED, day, limit);
      return rows.map(([conversation, name, day, changes]) => ({
        conversation: conversation as number,
        name: name as string,
        day: day as number,
        changes: changes as number,
      }));
    },
    /** How many wrote in a span. */
    async people({ conversation, from, until }: Span): Promise<number> {
      const [row] = await scan(COUNT_PEOPLE, conversation, from, until);
      return row![0] as number;
    },
    /**
     * Replaces what is known of a day; undefined: nothing was said. `phrases`: phrase, messages with it. In several
     * short commits, the last of which takes the mark away.
     */
    async write(
      { conversation, day, changes }: ChangedDay,
      summary: Omit<DaySummary, "day"> | undefined,
      phrases: readonly (readonly [string, number])[],
    ): Promise<void> {
      const written: Statement = summary === undefined
        ? { sql: DELETE_SUMMARY, args: [conversation, day] }
        : {
          sql: REPLACE_SUMMARY,
          args: [conversation, day, summary.summary, summary.messages, summary.people],
        };
      await commits.execute([written, { sql: DELETE_PHRASES, args: [conversation, day] }]);
      for (let from = 0; from < phrases.length; from += PHRASES_A_COMMIT) {
        const part = JSON.stringify(phrases.slice(from, from + PHRASES_A_COMMIT));
        await commits.execute([{ sql: INSERT_PHRASES, args: [conversation, day, part] }]);
      }
      await commits.execute([{ sql: UNMARK, args: [conversation, day, changes] }]);
    },
    /** The stored summaries from that day on, ascending. */
    async since(conversation: number, day: number): Promise<StoredSummary[]> {
      const rows = await scan(SELECT_SUMMARIES, conversation, day);
      return rows.map(([day, summary, messages, people, isOutdated]) => ({
        day: day as number,
        summary: summary as string,
        messages: messages as number,
        people: people as number,
        isOutdated: isOutdated === 1,
      }));
    },
    /** Messages of the days from `from` to before `until`, and with each of these phrases; absent: none. */
    async usual(conversation: number, from: number, until: number, phrases: readonly string[]) {
      const [messages, counts] = await engine.scan([
        { sql: SELECT_USUAL_MESSAGES, args: [conversation, from, until] },
        { sql: SELECT_USUAL, args: [conversation, from, until, JSON.stringify(phrases)] },
      ]);
      return {
        messages: messages!.rows[0]![0] as number,
        counts: counts!.rows as [string, number][],
      };
    },
  };
}
