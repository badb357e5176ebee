/** What Slack's events say, brought into the database. A message's `ts` is its id and its time. */
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type {
  ConversationOrigin,
  IncomingMessage,
  MessageStore,
} from "../../../db/conversations/messages.ts";
import { slackPerson } from "../people/access.ts";
import { ForeignId, ForeignName, ForeignText } from "../foreign.ts";
import type { SlackNames } from "./names.ts";

/** Seconds since the epoch with six digits after the point. */
const Timestamp = z.string().regex(/^\d{1,11}\.\d{1,9}$/);

/** A message as in events and in history (https://docs.slack.dev/reference/events/message). */
export const SlackMessage = z.object({
  ts: Timestamp,
  user: ForeignId.optional(),
  bot_id: ForeignId.optional(),
  username: ForeignName.optional(),
  text: ForeignText.default(""),
  subtype: z.string().optional(),
  edited: z.object({ ts: Timestamp }).optional(),
});
type SlackMessage = z.output<typeof SlackMessage>;

const MessageEvent = z.object({ channel: ForeignId, event_ts: Timestamp.optional() });
const Changed = MessageEvent.extend({ message: SlackMessage });
const Deleted = MessageEvent.extend({ deleted_ts: Timestamp });
const Renamed = z.object({ channel: z.object({ id: ForeignId, name: ForeignName }) });
const Membership = z.object({ channel: ForeignId, user: ForeignId });

/** Subtypes that people's or programs' words have; the others are notices such as "ann has joined". */
const SPOKEN = new Set([undefined, "file_share", "thread_broadcast", "me_message", "bot_message"]);

/** What the inbox needs. */
export interface SlackInboxOptions {
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly names: SlackNames;
  readonly clock: () => number;
}

/** What is known of messages beside themselves. */
export interface StoreOptions {
  /** They were changed at that time, or later. */
  readonly revisedAt?: number;
  /** The name of a user, where it is known without asking Slack. */
  readonly nameOf?: (userId: string) => string | undefined;
}

/** Takes Slack's events in. An event that is not as Slack documents it is ignored. */
export class SlackInbox {
  constructor(readonly options: SlackInboxOptions) {}

  /** Any event of type `message`; resolves when it is durable. The same event again changes nothing. */
  async message(event: unknown): Promise<void> {
    const { subtype } = z.object({ subtype: z.string().optional() }).catch({}).parse(event);
    if (subtype === "message_changed") return await this.#changed(event);
    if (subtype === "message_deleted") return await this.#deleted(event);
    const posted = SlackMessage.extend(MessageEvent.shape).safeParse(event);
    if (posted.success) await this.store(slackChannel(posted.data.channel), [posted.data]);
  }

  async renamed(event: unknown): Promise<void> {
    const { success, data } = Renamed.safeParse(event);
    if (success) await this.options.conversations.rename(data.channel.id, data.channel.name);
  }

  async joined(event: unknown): Promise<void> {
    const { success, data } = Membership.safeParse(event);
    if (!success) return;
    const conversation = slackChannel(data.channel);
    // Storing no message creates the channel without renaming it.
    await this.options.messages.store({ conversation, messages: [] });
    await this.options.conversations.join(conversation.publicId, slackPerson(data.user));
  }

  async left(event: unknown): Promise<void> {
    const { success, data } = Membership.safeParse(event);
    if (!success) return;
    await this.options.conversations.leave(data.channel, slackPerson(data.user));
  }

  /** Stores those of the messages that say something, and answers how many. */
  async store(
    conversation: ConversationOrigin,
    messages: readonly SlackMessage[],
    { revisedAt = 0, nameOf }: StoreOptions = {},
  ): Promise<number> {
    const incoming: IncomingMessage[] = [];
    for (const message of messages) {
      const { ts, user, bot_id, username, text, subtype, edited } = message;
      if (!SPOKEN.has(subtype) || text.trim() === "") continue;
      const author = user === undefined
        ? username || bot_id
        : nameOf?.(user) ?? await this.options.names.of(user);
      if (author === undefined) continue;
      incoming.push({
        origin: ts,
        time: toMillis(ts),
        revisedAt: Math.max(revisedAt, toMillis(edited?.ts ?? ts)),
        author,
        text,
      });
    }
    if (incoming.length > 0) await this.options.messages.store({ conversation, messages: incoming });
    return incoming.length;
  }

  async #changed(event: unknown): Promise<void> {
    const { success, data } = Changed.safeParse(event);
    if (!success) return;
    const { channel, message, event_ts } = data;
    if (message.subtype === "tombstone") return await this.#remove(channel, message.ts);
    const revisedAt = event_ts === undefined ? 0 : toMillis(event_ts);
    await this.store(slackChannel(channel), [message], { revisedAt });
  }

  async #deleted(event: unknown): Promise<void> {
    const { success, data } = Deleted.safeParse(event);
    if (success) await this.#remove(data.channel, data.deleted_ts);
  }

  async #remove(channel: string, ts: string): Promise<void> {
    await this.options.messages.remove(slackChannel(channel), [ts], this.options.clock());
  }
}

/** A channel whose name is not known yet. */
function slackChannel(id: string): ConversationOrigin {
  return { publicId: id, source: "slack", name: id };
}

/** Milliseconds since the epoch. */
export function toMillis(ts: string): number {
  return Math.floor(Number(ts) * 1000);
}
