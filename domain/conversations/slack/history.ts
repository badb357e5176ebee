/** Slack's history through its Web API: channels that the bot is in, their members and messages. */
import { type SlackAPIClient, SlackAPIError } from "slack-web-api-client";
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type { ConversationOrigin, MessageStore } from "../../../db/conversations/messages.ts";
import { slackPerson } from "../people/access.ts";
import { within } from "../../../db/within.ts";
import { ForeignId, ForeignName, wellFormed } from "../foreign.ts";
import { type SlackInbox, SlackMessage, Timestamp, toMillis } from "./inbox.ts";
import { type SlackNames, SlackUser } from "./names.ts";
import { firstAlive, type TimeToLive } from "../../expiry.ts";
import { HOUR_MS } from "../../time.ts";

const PAGE = 200;
/** A call with all its waiting for the rate limit. */
const CALL_TIMEOUT_MS = 300_000;

/** Errors after which trying again answers the same. */
const REFUSALS = new Set(["channel_not_found", "not_in_channel", "access_denied", "missing_scope"]);

const Channel = z.object({
  id: ForeignId,
  name: ForeignName,
  is_member: z.boolean().optional(),
  is_private: z.boolean().default(false),
});
const Parent = SlackMessage.extend({
  reply_count: z.number().default(0),
  latest_reply: Timestamp.optional().catch(undefined),
});
const Cursor = z.object({ response_metadata: z.object({ next_cursor: z.string() }) });

/** What reading the history needs. */
export interface SlackHistoryOptions {
  readonly client: SlackAPIClient;
  readonly conversations: ConversationStore;
  readonly messages: MessageStore;
  readonly inbox: SlackInbox;
  readonly names: SlackNames;
  readonly clock: () => number;
  /** How long messages are kept: older ones are not asked for. */
  readonly ttlMillis: TimeToLive;
  /** How much of what was read already is read again. */
  readonly windowMillis: number;
}

/** Brings in what events have not: what was said before the app was installed, or happened while Runnel was down. */
export class SlackHistory {
  /** When this process has last read every thread of a channel's window. */
  readonly #reread = new Map<string, number>();

  constructor(readonly options: SlackHistoryOptions) {}

  /**
   * Reads each channel from a window before where it was left, so that edits and deletions arrive, and the threads of which
   * there is news; all threads of the window when the process begins, and once an hour. A failure leaves that channel for the next time.
   */
  async sync(signal?: AbortSignal): Promise<void> {
    const { client, conversations, names } = this.options;
    const users: z.output<typeof SlackUser>[] = [];
    for await (const page of this.#pages((cursor) => client.users.list({ limit: PAGE, ...cursor }))) {
      users.push(...wellFormed(page.members, SlackUser));
    }
    names.learn(users);
    await conversations.expel(users.filter(({ deleted }) => deleted).map(({ id }) => slackPerson(id)));
    await names.learnWorkspace();
    const channels = this.#pages((cursor) =>
      client.conversations.list({ types: ["public_channel", "private_channel"], limit: PAGE, ...cursor })
    );
    const seen: string[] = [];
    const failures: unknown[] = [];
    for await (const page of channels) {
      for (const { id, name, is_member, is_private } of wellFormed(page.channels, Channel)) {
        if (signal?.aborted) return;
        if (!is_private) names.learnChannel(id, name);
        if (is_member === false) continue;
        seen.push(id);
        // One channel that fails must not keep the others from being read.
        await this.#syncChannel(id, name, signal).catch((error) => failures.push(error));
      }
    }
    // Of a channel that the app is no longer in, nobody can say who is.
    await conversations.emptyOthers("slack", seen);
    if (failures.length > 0) throw failures[0];
  }

  async #syncChannel(channel: string, name: string, signal?: AbortSignal): Promise<void> {
    const { conversations, messages, clock, ttlMillis, windowMillis } = this.options;
    const started = clock();
    const conversation = { publicId: channel, source: "slack", name } as const;
    if (!await conversations.ensure(conversation)) {
      throw new TypeError(`another source has a channel with the id ${channel}`);
    }
    await conversations.replaceMembers(conversation, "slack:", await this.#members(channel));
    const synced = await conversations.syncedAt(conversation);
    const from = Math.max(synced - windowMillis, firstAlive(ttlMillis, started), 0);
    const known = await messages.window(conversation, from, started);
    const read = await this.#readFrom(conversation, from, signal);
    if (signal?.aborted) return;
    const isDue = started - (this.#reread.get(channel) ?? -Infinity) >= HOUR_MS;
    const threads = threadsToRead(known, read.threads, isDue ? 0 : synced);
    for (const thread of threads) {
      if (signal?.aborted) return;
      await this.#readThread(conversation, thread, read.seen);
    }
    const gone = known.filter(({ origin, thread }) =>
      !read.seen.has(origin) && (thread === null || thread === origin || threads.has(thread))
    );
    if (gone.length > 0) await messages.remove(conversation, gone.map(({ origin }) => origin), started);
    if (isDue) this.#reread.set(channel, started);
    await conversations.setSyncedAt(conversation, started);
  }

  /** Stores what stands in a channel itself since then. Answers what was seen, and its threads with their last replies. */
  async #readFrom(conversation: ConversationOrigin, from: number, signal?: AbortSignal) {
    const channel = conversation.publicId;
    const oldest = (from / 1000).toFixed(6);
    const seen = new Set<string>();
    const threads = new Map<string, number>();
    const pages = this.#pages((cursor) =>
      this.options.client.conversations.history({ channel, oldest, limit: PAGE, ...cursor })
    );
    for await (const page of pages) {
      if (signal?.aborted) break;
      const messages = wellFormed(listOf(page.messages), Parent);
      for (const origin of await this.#store(conversation, messages)) seen.add(origin);
      for (const { ts, reply_count, latest_reply } of messages) {
        if (reply_count > 0) threads.set(ts, latest_reply === undefined ? Infinity : toMillis(latest_reply));
      }
    }
    return { seen, threads };
  }

  async #readThread(conversation: ConversationOrigin, ts: string, seen: Set<string>): Promise<void> {
    const channel = conversation.publicId;
    const pages = this.#pages((cursor) =>
      this.options.client.conversations.replies({ channel, ts, limit: PAGE, ...cursor })
    );
    try {
      for await (const page of pages) {
        const messages = wellFormed(listOf(page.messages), SlackMessage);
        for (const origin of await this.#store(conversation, messages)) seen.add(origin);
      }
    } catch (error) {
      // All of it was deleted.
      if (!(error instanceof SlackAPIError && error.error === "thread_not_found")) throw error;
    }
  }

  #store(conversation: ConversationOrigin, messages: z.output<typeof SlackMessage>[]): Promise<string[]> {
    // What the history says now is newer than what any event before said.
    return this.options.inbox.store(conversation, messages, {
      isHistory: true,
      revisedAt: this.options.clock(),
    });
  }

  /** Nobody, where Slack refuses to say. */
  async #members(channel: string): Promise<string[]> {
    const people: string[] = [];
    const pages = this.#pages((cursor) =>
      this.options.client.conversations.members({ channel, limit: PAGE, ...cursor })
    );
    try {
      for await (const page of pages) {
        for (const user of wellFormed(page.members, ForeignId)) {
          if (this.options.names.isActive(user)) people.push(slackPerson(user));
        }
      }
    } catch (error) {
      if (!(error instanceof SlackAPIError && REFUSALS.has(error.error))) throw error;
      return [];
    }
    return people;
  }

  /** All pages of a list. A cursor that comes again ends it, so that no answer can make it endless. */
  async *#pages<T>(call: (cursor: { cursor?: string }) => Promise<T>): AsyncGenerator<T> {
    const seen = new Set<string>();
    let cursor = "";
    do {
      seen.add(cursor);
      const page = await within(CALL_TIMEOUT_MS, "Slack", call(cursor === "" ? {} : { cursor }));
      yield page;
      const next = Cursor.safeParse(page);
      cursor = next.success ? next.data.response_metadata.next_cursor : "";
    } while (cursor !== "" && !seen.has(cursor));
  }
}

/**
 * The threads with replies after that time; since 0 all of the window, because edits in them may have been missed, and those
 * that began before it, of which the channel's history says nothing.
 */
function threadsToRead(
  known: readonly { readonly thread: string | null }[],
  found: ReadonlyMap<string, number>,
  since: number,
): Set<string> {
  const threads = new Set<string>();
  for (const [thread, latest] of found) if (latest > since) threads.add(thread);
  if (since === 0) { for (const { thread } of known) if (thread !== null) threads.add(thread); }
  return threads;
}

/** A page without a list is no answer: it must not look as if everything had been deleted. */
function listOf(messages: unknown): unknown[] {
  if (Array.isArray(messages)) return messages;
  throw new TypeError("Slack answered a page of messages without messages");
}
