/** Messages in, from programs with an API key; and what every source shares: deletion and expiry. */
import { v7 as timeOrderedId } from "uuid";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { IncomingMessage, MessageStore, Source } from "../../db/conversations/messages.ts";
import { DOTS_REFUSED, isDots } from "../names.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS, Time } from "../time.ts";
import type { ConversationStore } from "../../db/conversations/conversations.ts";
import { RunnelError } from "../errors.ts";
import { ownPerson } from "./people/access.ts";
import { firstAlive, type TimeToLive } from "../expiry.ts";

/** Longest text of a message, in characters. */
export const MAX_TEXT = 40_000;
/** Most messages in one request. */
export const MAX_BATCH = 10_000;
/** Days whose phrases tell what a channel usually talks about. */
export const USUAL_DAYS = 30;

/** Text that SQLite stores whole: no NUL, which would end it, and no lone surrogates, which UTF-8 has none of. */
const storable = (max: number) =>
  z.string().min(1, "must not be empty").max(max, `must have at most ${max} characters`)
    .refine(
      (text) => text.isWellFormed() && !text.includes("\0"),
      "must be well-formed Unicode without NUL characters",
    );

/** A channel's or a message's id at its source. */
export const SourceId = storable(128).refine((id) => !isDots(id), DOTS_REFUSED);
/** A user name. */
export const UserName = storable(128);
/** The text of a message. */
export const MessageText = storable(MAX_TEXT);

/** A message as programs send it. */
export const PostedMessage = z.strictObject({
  id: SourceId.optional(),
  username: UserName,
  message: MessageText,
  timestamp: Time.optional(),
  thread: SourceId.optional().meta({ description: "The id of the message that its thread begins with." }),
  reply_to: SourceId.optional().meta({ description: "The id of the message that it answers." }),
  bot: z.boolean().optional().meta({ description: "Whether a program wrote it." }),
  link: z.url({ protocol: /^https?$/ }).max(2000).optional().meta({ description: "Where it can be read." }),
});

/** What the inbox needs. */
export interface InboxOptions {
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly clock: () => number;
  /** How long a message is kept. */
  readonly ttlMillis: TimeToLive;
}

/** Who may read a channel that a program writes to, beside those who may already. */
export interface Readers {
  /** Names of own users. */
  readonly members?: readonly string[] | undefined;
  /** Whether every person of Runnel may. */
  readonly public?: boolean | undefined;
}

/** A channel that a program writes to. */
export interface ProgramChannel {
  readonly channel: string;
  /** The name of the program's key; undefined: it needs none. */
  readonly key: string | undefined;
}

/** Channels whose source is known; it only changes when a key takes one over that had none. */
const KNOWN_CHANNELS = 10_000;

const sourceOfKey = (key: string | undefined): Source => key === undefined ? "api" : `key:${key}`;

const placeOf = ({ channel, key }: ProgramChannel) => JSON.stringify([channel, sourceOfKey(key)]);

/** Takes messages in, deletes them, and forgets old ones. */
export class Inbox {
  readonly #ofPrograms = new LRUCache<string, true>({ max: KNOWN_CHANNELS });

  constructor(readonly options: InboxOptions) {}

  /**
   * Stores messages, and creates the channel as needed; resolves when they are durable, with their ids. A message with an
   * id that the channel has already replaces its text. `readers` may read the channel from then on; whoever wrote in it may
   * not for that alone. A channel of another program's, Slack's or Mattermost's: `forbidden`.
   */
  async post(
    { channel, key }: ProgramChannel,
    posted: readonly z.output<typeof PostedMessage>[],
    { members = [], public: isPublic }: Readers = {},
  ): Promise<string[]> {
    const source = await this.#checkSource({ channel, key });
    const now = this.options.clock();
    const messages = posted.map(({ id, username, message, timestamp, ...details }): IncomingMessage => ({
      // Random ids would spread over the whole index, and halve the rate.
      origin: id ?? timeOrderedId(),
      isNew: id === undefined,
      time: timestamp ?? now,
      revisedAt: now,
      author: username,
      text: message,
      details: { thread: details.thread, replyTo: details.reply_to, bot: details.bot, link: details.link },
    }));
    const conversation = { publicId: channel, source, name: channel };
    if (!await this.options.messages.store({ conversation, messages })) {
      await this.#recheckSource({ channel, key });
    }
    if (members.length > 0) await this.options.conversations.ensure(conversation, members.map(ownPerson));
    if (isPublic !== undefined) await this.options.conversations.setPublic(conversation, isPublic);
    return messages.map(({ origin }) => origin);
  }

  /** Deletes a message for good. False when there was none. A channel of somebody else's: `forbidden`. */
  async remove({ channel, key }: ProgramChannel, id: string): Promise<boolean> {
    if (await this.options.conversations.sourceOf(channel) === undefined) return false;
    const source = await this.#checkSource({ channel, key });
    const { messages, clock } = this.options;
    if (await messages.removeExisting({ publicId: channel, source }, id, clock())) return true;
    await this.#recheckSource({ channel, key });
    return false;
  }

  /** The source that a program is. A channel belongs to the first key that writes to it. */
  async #checkSource({ channel, key }: ProgramChannel): Promise<Source> {
    const own = sourceOfKey(key);
    const place = placeOf({ channel, key });
    if (this.#ofPrograms.has(place)) return own;
    const { conversations } = this.options;
    let source = await conversations.sourceOf(channel);
    if (source === undefined || source === "unclaimed") {
      await conversations.ensure({ publicId: channel, source: own, name: channel });
      source = await conversations.sourceOf(channel);
    } else if (source === "api" && own !== "api") {
      await conversations.claim(channel, own);
      this.#ofPrograms.delete(placeOf({ channel, key: undefined }));
      source = await conversations.sourceOf(channel);
    }
    if (source !== own) {
      const owner = source === "slack" || source === "mattermost" ? source : "another program";
      throw new RunnelError(
        "forbidden",
        `channel ${channel} belongs to ${owner}: only ${owner} writes to it`,
      );
    }
    this.#ofPrograms.set(place, true);
    return own;
  }

  /** The same without believing what was so before: another process may have let a key claim the channel. */
  #recheckSource(channel: ProgramChannel): Promise<Source> {
    this.#ofPrograms.delete(placeOf(channel));
    return this.#checkSource(channel);
  }

  /** Frees the space of messages that are past their time, and of what was counted of them. */
  async sweep(signal?: AbortSignal): Promise<number> {
    const { messages, clock, ttlMillis } = this.options;
    const before = firstAlive(ttlMillis, clock());
    let swept = 0;
    for (const conversation of await messages.expired(before)) {
      swept += await inShortSteps((limit) => messages.sweep(conversation, before, limit), signal);
    }
    const usualFrom = Math.floor(clock() / DAY_MS) - USUAL_DAYS - 2;
    for (const conversation of await messages.ids()) {
      await inShortSteps((limit) => messages.sweepPhrases(conversation, usualFrom, limit), signal);
    }
    await messages.sweepDays(before);
    return swept;
  }
}
