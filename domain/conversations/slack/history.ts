/** Slack's history through its Web API: channels that the bot is in, their members and messages. */
import type { SlackAPIClient } from "slack-web-api-client";
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import { slackPerson } from "../people/access.ts";
import { ForeignId, ForeignName, wellFormed, within } from "../foreign.ts";
import { type SlackInbox, SlackMessage } from "./inbox.ts";
import { type SlackNames, SlackUser } from "./names.ts";
import { firstAlive, type TimeToLive } from "../../expiry.ts";

const PAGE = 200;
/** A call with all its waiting for the rate limit. */
const CALL_TIMEOUT_MS = 300_000;

const Channel = z.object({ id: ForeignId, name: ForeignName, is_member: z.boolean().optional() });
const Parent = SlackMessage.extend({ reply_count: z.number().optional() });
const Cursor = z.object({ response_metadata: z.object({ next_cursor: z.string() }) });

/** What reading the history needs. */
export interface SlackHistoryOptions {
  readonly client: SlackAPIClient;
  readonly conversations: ConversationStore;
  readonly inbox: SlackInbox;
  readonly names: SlackNames;
  readonly clock: () => number;
  /** How long messages are kept: older ones are not asked for. */
  readonly ttlMillis: TimeToLive;
}

/** Brings in what events have not: what was said before the app was installed, or while Runnel was down. */
export class SlackHistory {
  constructor(readonly options: SlackHistoryOptions) {}

  /** Reads each channel from where it was left. A failure leaves that channel for the next time. */
  async sync(signal?: AbortSignal): Promise<void> {
    const { client, names } = this.options;
    const users: z.output<typeof SlackUser>[] = [];
    for await (const page of this.#pages((cursor) => client.users.list({ limit: PAGE, ...cursor }))) {
      users.push(...wellFormed(page.members, SlackUser));
    }
    names.learn(users);
    const channels = this.#pages((cursor) =>
      client.conversations.list({ types: ["public_channel", "private_channel"], limit: PAGE, ...cursor })
    );
    const seen: string[] = [];
    const failures: unknown[] = [];
    for await (const page of channels) {
      for (const { id, name, is_member } of wellFormed(page.channels, Channel)) {
        if (signal?.aborted) return;
        if (is_member === false) continue;
        seen.push(id);
        // One channel that fails must not keep the others from being read.
        await this.#syncChannel(id, name, signal).catch((error) => failures.push(error));
      }
    }
    // Of a channel that the app is no longer in, nobody can say who is.
    await this.options.conversations.emptyOthers("slack", seen);
    if (failures.length > 0) throw failures[0];
  }

  async #syncChannel(channel: string, name: string, signal?: AbortSignal): Promise<void> {
    const { client, conversations, inbox, clock, ttlMillis } = this.options;
    const started = clock();
    const conversation = { publicId: channel, source: "slack", name } as const;
    await conversations.ensure(conversation);
    await conversations.replaceMembers(channel, "slack:", await this.#members(channel));
    const since = Math.max(await conversations.syncedAt(channel), firstAlive(ttlMillis, started));
    const oldest = (since / 1000).toFixed(6);
    const history = this.#pages((cursor) =>
      client.conversations.history({ channel, oldest, limit: PAGE, ...cursor })
    );
    for await (const page of history) {
      if (signal?.aborted) return;
      const messages = wellFormed(page.messages, Parent);
      await inbox.store(conversation, messages);
      for (const { ts, reply_count = 0 } of messages) {
        if (reply_count === 0) continue;
        const replies = this.#pages((cursor) =>
          client.conversations.replies({ channel, ts, limit: PAGE, ...cursor })
        );
        for await (const { messages } of replies) {
          await inbox.store(conversation, wellFormed(messages, SlackMessage));
        }
      }
    }
    await conversations.setSyncedAt(channel, started);
  }

  async #members(channel: string): Promise<string[]> {
    const people: string[] = [];
    const pages = this.#pages((cursor) =>
      this.options.client.conversations.members({ channel, limit: PAGE, ...cursor })
    );
    for await (const page of pages) {
      for (const user of wellFormed(page.members, ForeignId)) {
        if (this.options.names.isActive(user)) people.push(slackPerson(user));
      }
    }
    return people;
  }

  /** All pages of a list. A cursor that comes again ends it, so that no answer can make it endless. */
  async *#pages<T>(call: (cursor: { cursor?: string }) => Promise<T>): AsyncGenerator<T> {
    const seen = new Set<string>();
    let cursor = "";
    do {
      seen.add(cursor);
      const page = await within(CALL_TIMEOUT_MS, call(cursor === "" ? {} : { cursor }));
      yield page;
      const next = Cursor.safeParse(page);
      cursor = next.success ? next.data.response_metadata.next_cursor : "";
    } while (cursor !== "" && !seen.has(cursor));
  }
}
