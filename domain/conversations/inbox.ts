/** Messages in, from programs with an API key; and what every source shares: deletion and expiry. */
import { v7 as timeOrderedId } from "uuid";
import { z } from "zod";
import { type IncomingMessage, type MessageStore } from "../../db/conversations/messages.ts";
import { DOTS_REFUSED, isDots } from "../names.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS, Time } from "../time.ts";
import { ownPerson } from "./accounts.ts";
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
export const PostedMessage = z.object({
  id: SourceId.optional(),
  username: UserName,
  message: MessageText,
  timestamp: Time.optional(),
});

/** What the inbox needs. */
export interface InboxOptions {
  readonly messages: MessageStore;
  readonly clock: () => number;
  /** How long a message is kept. */
  readonly ttlMillis: TimeToLive;
}

/** Takes messages in, deletes them, and forgets old ones. */
export class Inbox {
  constructor(readonly options: InboxOptions) {}

  /**
   * Stores messages, and creates the channel as needed; resolves when they are durable, with their ids. A message with an
   * id that the channel has already replaces its text. Whoever wrote one is a member of the channel.
   */
  async post(channel: string, posted: readonly z.output<typeof PostedMessage>[]): Promise<string[]> {
    const now = this.options.clock();
    const messages = posted.map(({ id, username, message, timestamp }): IncomingMessage => ({
      // Random ids would spread over the whole index, and halve the rate.
      origin: id ?? timeOrderedId(),
      isNew: id === undefined,
      time: timestamp ?? now,
      revisedAt: now,
      author: username,
      person: ownPerson(username),
      text: message,
    }));
    await this.options.messages.store({
      conversation: { publicId: channel, source: "api", name: channel },
      messages,
    });
    return messages.map(({ origin }) => origin);
  }

  /** Deletes a message for good. False when there was none. */
  remove(channel: string, id: string): Promise<boolean> {
    return this.options.messages.removeExisting(channel, id, this.options.clock());
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
