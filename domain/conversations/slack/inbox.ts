/** What Slack's events say, brought into the database. A message's `ts` is its id and its time. */
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type {
  ConversationOrigin,
  IncomingMessage,
  MessageStore,
} from "../../../db/conversations/messages.ts";
import { slackPerson } from "../people/access.ts";
import { ForeignId, ForeignName, ForeignText, wellFormed } from "../foreign.ts";
import { MAX_TEXT } from "../inbox.ts";
import type { SlackNames } from "./names.ts";
import { markupOf, readableText } from "./text.ts";

/** Seconds since the epoch with six digits after the point. */
export const Timestamp = z.string().regex(/^\d{1,11}\.\d{1,9}$/);

const Loose = z.array(z.unknown()).default([]).catch([]);

/** Who reacted how; of many people Slack names only some. */
const Reaction = z.object({
  name: ForeignName.pipe(z.string().min(1)),
  users: z.array(ForeignId).catch([]),
  count: z.int().min(0).max(10_000).catch(0),
});

/** A message as in events and in history (https://docs.slack.dev/reference/events/message). */
export const SlackMessage = z.object({
  ts: Timestamp,
  user: ForeignId.optional(),
  bot_id: ForeignId.optional(),
  username: ForeignName.optional(),
  user_profile: z.object({ name: ForeignName }).optional().catch(undefined),
  bot_profile: z.object({ name: ForeignName }).optional().catch(undefined),
  text: ForeignText.default(""),
  blocks: Loose,
  attachments: Loose,
  files: Loose.transform((files) =>
    wellFormed(files, z.object({ name: ForeignName.optional(), title: ForeignName.optional() }))
  ),
  thread_ts: Timestamp.optional(),
  reactions: z.array(z.unknown()).optional().catch(undefined),
  subtype: z.string().optional(),
  edited: z.object({ ts: Timestamp }).optional().catch(undefined),
});
type SlackMessage = z.output<typeof SlackMessage>;

const Team = z.object({
  team_id: z.string().nullish().catch(undefined),
  enterprise_id: z.string().nullish().catch(undefined),
});
/** What stands around an event: to whom it is sent. */
const Envelope = Team.extend({ authorizations: z.unknown().optional() }).catch({ authorizations: [] });

const MessageEvent = z.object({ channel: ForeignId, event_ts: Timestamp.optional() });
const Changed = MessageEvent.extend({ message: SlackMessage });
const Deleted = MessageEvent.extend({ deleted_ts: Timestamp });
const Renamed = z.object({ channel: z.object({ id: ForeignId, name: ForeignName }) });
const Reacted = z.object({
  user: ForeignId,
  reaction: ForeignName.pipe(z.string().min(1)),
  item: z.object({ type: z.literal("message"), channel: ForeignId, ts: Timestamp }),
});
const Membership = z.object({ channel: ForeignId, user: ForeignId });
const UserChange = z.object({ user: z.object({ id: ForeignId, deleted: z.boolean() }) });

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
  /** They come from a history, which tells all that is so; what the channel has already is not stored again. */
  readonly isHistory?: boolean;
}

/** Takes Slack's events in. An event that is not as Slack documents it is ignored. */
export class SlackInbox {
  constructor(readonly options: SlackInboxOptions) {}

  /** Whether an event comes from the workspace of the bot token: another one's channels may have the same ids. */
  async isExpected(envelope: unknown): Promise<boolean> {
    const { team_id, enterprise_id, authorizations } = Envelope.parse(envelope);
    const teams = [{ team_id, enterprise_id }, ...wellFormed(authorizations, Team)];
    return await this.options.names.concernsApp(
      teams.flatMap((team) => [team.team_id, team.enterprise_id].filter((id) => typeof id === "string")),
    );
  }

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
    if (success) await this.options.conversations.rename(slackChannel(data.channel.id), data.channel.name);
  }

  async joined(event: unknown): Promise<void> {
    const { success, data } = Membership.safeParse(event);
    if (!success) return;
    const conversation = slackChannel(data.channel);
    // Storing no message creates the channel without renaming it.
    await this.options.messages.store({ conversation, messages: [] });
    await this.options.conversations.join(conversation, slackPerson(data.user));
  }

  async left(event: unknown): Promise<void> {
    const { success, data } = Membership.safeParse(event);
    if (!success) return;
    await this.options.conversations.leave(slackChannel(data.channel), slackPerson(data.user));
  }

  /** What is known of a user has changed: whoever was deactivated reads nothing from now on. */
  async userChanged(event: unknown): Promise<void> {
    const { success, data } = UserChange.safeParse(event);
    if (success && data.user.deleted) await this.options.conversations.expel([slackPerson(data.user.id)]);
  }

  /** A reaction that somebody gave or took back. */
  async reacted(event: unknown, isThere: boolean): Promise<void> {
    const { success, data } = Reacted.safeParse(event);
    if (!success) return;
    const { user, reaction, item: { channel, ts } } = data;
    await this.options.messages.react(slackChannel(channel), ts, `${reaction} ${user}`, isThere);
  }

  /** Stores those of the messages that say something, and answers their ids. */
  async store(
    conversation: ConversationOrigin,
    messages: readonly SlackMessage[],
    { revisedAt = 0, isHistory = false }: StoreOptions = {},
  ): Promise<string[]> {
    const incoming: IncomingMessage[] = [];
    for (const message of messages) {
      const read = await this.#read(conversation.publicId, message);
      if (read === undefined) continue;
      const reactions = message.reactions === undefined && !isHistory ? undefined : reactionsOf(message);
      incoming.push({ ...read, revisedAt: Math.max(revisedAt, read.revisedAt), reactions });
    }
    const { messages: stored } = this.options;
    const news = isHistory ? await stored.newsAmong(conversation, incoming) : incoming;
    if (news.length > 0) await stored.store({ conversation, messages: news });
    return incoming.map(({ origin }) => origin);
  }

  /** The message as it is stored; undefined: nobody says anything. */
  async #read(channel: string, message: SlackMessage): Promise<IncomingMessage | undefined> {
    const { ts, user, bot_id, username, user_profile, bot_profile, subtype, edited, thread_ts } = message;
    const { names } = this.options;
    if (!SPOKEN.has(subtype)) return undefined;
    const markup = markupOf(message);
    if (markup.trim() === "") return undefined;
    if (user !== undefined && user_profile?.name) names.hear(user, user_profile.name);
    const isBot = bot_id !== undefined || subtype === "bot_message";
    const program = username || bot_profile?.name;
    if (user === undefined && !program && bot_id === undefined) return undefined;
    const author = isBot && program
      ? program
      : user === undefined
      ? program || "app"
      : await names.user(user);
    return {
      origin: ts,
      time: toMillis(ts),
      revisedAt: toMillis(edited?.ts ?? ts),
      author,
      text: (await readableText(markup, names)).slice(0, MAX_TEXT).toWellFormed(),
      details: { thread: thread_ts, bot: isBot || undefined, link: names.linkTo(channel, ts, thread_ts) },
    };
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

function reactionsOf({ reactions }: SlackMessage): string[] {
  return wellFormed(reactions, Reaction).flatMap(({ name, users, count }) => {
    const others = Math.max(0, count - users.length);
    return [...users, ...Array.from({ length: others }, (_, index) => `?${index}`)].map((user) =>
      `${name} ${user}`
    );
  });
}

/** A channel whose name is not known yet. */
function slackChannel(id: string): ConversationOrigin {
  return { publicId: id, source: "slack", name: id };
}

/** Milliseconds since the epoch. */
export function toMillis(ts: string): number {
  return Math.floor(Number(ts) * 1000);
}
