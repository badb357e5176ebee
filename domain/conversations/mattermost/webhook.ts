/** Mattermost's outgoing webhook: a post at a time, with a token that shows where it comes from. */
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { MessageStore } from "../../../db/conversations/messages.ts";
import { RunnelError } from "../../errors.ts";
import { ForeignId, ForeignName, ForeignText } from "../foreign.ts";
import { linkTo } from "./posts.ts";

/** https://developers.mattermost.com/integrate/webhooks/outgoing/ */
export const WebhookPost = z.object({
  token: z.string().max(1000),
  team_domain: ForeignName.optional(),
  channel_id: ForeignId,
  channel_name: ForeignName.optional(),
  timestamp: z.coerce.number().min(0).max(8.64e15).optional(),
  user_name: ForeignName.pipe(z.string().min(1, "must not be empty")),
  post_id: ForeignId,
  text: ForeignText,
});

/** Before 1973 in milliseconds: then it is in seconds, as forms have it. */
const LEAST_MILLIS = 1e11;

/** What the webhook needs. */
export interface WebhookOptions {
  readonly messages: MessageStore;
  readonly clock: () => number;
  /** Address of the server, from which links are made. */
  readonly url: string | undefined;
  /** Tokens of the configured webhooks. */
  readonly tokens: readonly string[];
}

/** Takes posts of outgoing webhooks in. */
export class MattermostWebhook {
  readonly #hashes: readonly Uint8Array[];

  constructor(readonly options: WebhookOptions) {
    this.#hashes = options.tokens.map(hashOf);
  }

  /** False: no webhook is expected. */
  get isConfigured(): boolean {
    return this.#hashes.length > 0;
  }

  /** Stores the post; the same again changes nothing. A wrong token: `unauthorized`. */
  async post(post: z.output<typeof WebhookPost>): Promise<void> {
    const { token, team_domain, channel_id, channel_name, timestamp, user_name, post_id, text } = post;
    const hash = hashOf(token);
    if (!this.#hashes.some((known) => timingSafeEqual(known, hash))) {
      throw new RunnelError("unauthorized", "the token is not among MATTERMOST_WEBHOOK_TOKENS");
    }
    if (text.trim() === "") return;
    const time = timestamp === undefined ? this.options.clock() : toMillis(timestamp);
    const { url, messages } = this.options;
    const team = url && team_domain && `${url}/${encodeURIComponent(team_domain)}`;
    const details = { link: linkTo(team, post_id) };
    await messages.store({
      conversation: { publicId: channel_id, source: "mattermost", name: channel_name || "channel" },
      messages: [{ origin: post_id, time, revisedAt: time, author: user_name, text, details }],
    });
  }
}

function toMillis(timestamp: number): number {
  return Math.floor(timestamp < LEAST_MILLIS ? timestamp * 1000 : timestamp);
}

function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
