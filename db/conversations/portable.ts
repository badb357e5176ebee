/** The queries that read all conversations in order, and bring them back as they were. Times are milliseconds. */
import { keysetPages } from "../operation/keyset_pages.ts";
import type { Damage } from "../checksum.ts";
import type { Row } from "../engine/engine.ts";
import type { Database } from "../open.ts";
import { checkMessage } from "./sums.ts";

const SELECT_CONVERSATIONS = `SELECT c.id, c.public_id, c.source, c.name, c.is_public,
    (SELECT json_group_array(person) FROM (SELECT person FROM member WHERE conversation = c.id ORDER BY person))
  FROM conversation c WHERE c.id > ?1 ORDER BY c.id LIMIT ?2`;
const SELECT_MESSAGES = `SELECT m.id, m.origin, m.author, m.text, m.details, m.checksum, c.public_id, m.time,
    m.revised_at, m.reactions
  FROM message m JOIN conversation c ON c.id = m.conversation WHERE m.id > ?1 AND m.time >= ?3 ORDER BY m.id LIMIT ?2`;
const SELECT_DELETIONS = `SELECT d.conversation, d.origin, c.public_id, d.deleted_at
  FROM deleted_message d JOIN conversation c ON c.id = d.conversation
  WHERE (d.conversation, d.origin) > (?1, ?2) ORDER BY d.conversation, d.origin LIMIT ?3`;
const RESTORE = `INSERT INTO conversation (public_id, source, name, is_public) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (public_id) DO UPDATE
  SET name = excluded.name, is_public = excluded.is_public, source = excluded.source
  WHERE source IN (excluded.source, 'unclaimed')`;
// Who may read an unclaimed channel may read it whoever has claimed it.
const JOIN = `INSERT OR IGNORE INTO member SELECT c.id, r.value FROM json_each(?3) r
  CROSS JOIN conversation c ON c.public_id = ?1 AND ?2 IN (c.source, 'unclaimed')`;
const BURY = `INSERT OR IGNORE INTO deleted_message (conversation, origin, deleted_at)
  SELECT c.id, r.value ->> 1, r.value ->> 2 FROM json_each(?1) r CROSS JOIN conversation c ON c.public_id = r.value ->> 0
  WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation = c.id AND m.origin = r.value ->> 1)`;

/** A conversation as it was. */
export interface RestoredConversation {
  readonly publicId: string;
  readonly source: string;
  readonly name: string;
  readonly isPublic: boolean;
  readonly members: readonly string[];
}

/** A message as it was; details and reactions as JSON. */
export interface MessageRow {
  readonly conversation: string;
  readonly origin: string;
  readonly time: number;
  readonly revisedAt: number;
  readonly author: string;
  readonly text: string;
  readonly details: string | null;
  readonly reactions: string | null;
}

/** A message that is gone for good, and when it was deleted. */
export interface Deletion {
  readonly conversation: string;
  readonly origin: string;
  readonly at: number;
}

/** The queries, bound to a database. */
export type PortableStore = ReturnType<typeof createPortableStore>;

const PAGE = 500;

export function createPortableStore({ commits, scan, damage }: Database) {
  return {
    /** Every conversation, in the order in which they came. */
    async *conversations(): AsyncGenerator<RestoredConversation[]> {
      for await (const rows of keysetPages(scan, SELECT_CONVERSATIONS, { after: [0], limit: PAGE })) {
        yield rows.map(([, publicId, source, name, isPublic, members]) => ({
          publicId: publicId as string,
          source: source as string,
          name: name as string,
          isPublic: isPublic === 1,
          members: JSON.parse(members as string),
        }));
      }
    },
    /** Every message that was written since then, in the order in which they came. */
    async *messages(since: number): AsyncGenerator<MessageRow[]> {
      const options = { after: [0], limit: PAGE, args: [since] };
      for await (const rows of keysetPages(scan, SELECT_MESSAGES, options)) {
        yield rows.map((row) => toMessage(row, damage));
      }
    },
    /** Every deletion. */
    async *deletions(): AsyncGenerator<Deletion[]> {
      for await (const rows of keysetPages(scan, SELECT_DELETIONS, { after: [0, ""], limit: PAGE })) {
        yield rows.map(([, origin, conversation, at]) => ({
          conversation: conversation as string,
          origin: origin as string,
          at: at as number,
        }));
      }
    },
    /** Makes conversations; those that are there take the name and members, unless they are of another source. */
    async restore(conversations: readonly RestoredConversation[]): Promise<void> {
      await commits.execute(
        conversations.flatMap(({ publicId, source, name, isPublic, members }) => [
          { sql: RESTORE, args: [publicId, source, name, isPublic ? 1 : 0] },
          { sql: JOIN, args: [publicId, source, JSON.stringify(members)] },
        ]),
      );
    },
    /** Notes deletions of messages that are not there. */
    async bury(deletions: readonly Deletion[]): Promise<void> {
      const rows = deletions.map(({ conversation, origin, at }) => [conversation, origin, at]);
      await commits.execute([{ sql: BURY, args: [JSON.stringify(rows)] }]);
    },
  };
}

function toMessage([, ...row]: Row, damage: Damage): MessageRow {
  checkMessage(row, damage);
  const [origin, author, text, details, , conversation, time, revisedAt, reactions] = row;
  return {
    conversation: conversation as string,
    origin: origin as string,
    time: time as number,
    revisedAt: revisedAt as number,
    author: author as string,
    text: text as string,
    details: details as string | null,
    reactions: reactions as string | null,
  };
}
