/** Chat messages from programs, with an API key. */
import type { Context } from "hono";
import { z } from "zod";
import { MAX_BATCH, PostedMessage, SourceId } from "../../domain/conversations/inbox.ts";
import { RunnelError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { check, readJsonValue } from "../request.ts";
import { json, noContent } from "../respond.ts";
import { param, type Route } from "../route.ts";

/** Largest body of messages, in bytes. */
const MAX_BYTES = 16 << 20;

const PostedMessages = z.array(PostedMessage).min(1, "must have at least one message").max(
  MAX_BATCH,
  `must have at most ${MAX_BATCH} messages`,
);

export function conversationRoutes(
  { conversations: { inbox } }: Pick<Services, "conversations">,
): Route[] {
  return [
    {
      method: "POST",
      path: "/api/conversations/:channel_id/messages",
      scope: "conversations:write",
      summary: "Add chat messages to a channel",
      reference: {
        description:
          "One message or an array of them, stored together or not at all. The channel is created as " +
          "needed, and who writes in it is a member of it: the own user of that name sees it. A message with an `id` " +
          "that is there already replaces its text.",
        body: {
          schema: z.union([PostedMessage, PostedMessages]),
          example: {
            id: "42",
            username: "ann",
            message: "the disk is full",
            timestamp: "2026-01-02T03:04:05Z",
          },
        },
        answers: { 201: { description: "The ids of the stored messages", example: { ids: ["42"] } } },
        errors: ["invalid-request", "too-large"],
      },
      handle: post,
    },
    {
      method: "DELETE",
      path: "/api/conversations/:channel_id/messages/:message_id",
      scope: "conversations:write",
      summary: "Delete a chat message",
      reference: {
        answers: { 204: { description: "It is gone, and stays gone when it is sent again" } },
        errors: ["not-found"],
      },
      handle: remove,
    },
  ];

  async function post(context: Context): Promise<Response> {
    const channel = check(param(context, "channel_id"), SourceId);
    const body = await readJsonValue(context.req.raw, MAX_BYTES);
    const posted = Array.isArray(body) ? check(body, PostedMessages) : [check(body, PostedMessage)];
    return json({ ids: await inbox.post(channel, posted) }, 201);
  }

  async function remove(context: Context): Promise<Response> {
    const channel = param(context, "channel_id"), id = param(context, "message_id");
    if (await inbox.remove(channel, id)) return noContent();
    throw new RunnelError("not-found", `channel ${channel} has no message ${id}`);
  }
}
