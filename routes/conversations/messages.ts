/** Chat messages from programs, with an API key. */
import { PostedChannel, PostedMessages } from "../../api/conversations.ts";
import { PostedMessage, SourceId } from "../../domain/conversations/inbox.ts";
import { RunnelError } from "../../domain/errors.ts";
import type { z } from "zod";
import { check, readJsonValue } from "../request.ts";
import { secretOf } from "../gate.ts";
import { json, noContent } from "../respond.ts";
import { type Call, param } from "../route.ts";

/** Largest body of messages, in bytes. */
const MAX_BYTES = 16 << 20;

export async function postMessages(call: Call): Promise<Response> {
  const channel = check(param(call, "channel_id"), SourceId);
  const body = await readJsonValue(call, MAX_BYTES);
  const { messages, ...readers } = readPosted(body);
  return json({
    ids: await call.services.conversations.inbox.post({ channel, key: keyOf(call) }, messages, readers),
  }, 201);
}

/** One message, several, or several with who may read their channel. */
function readPosted(body: unknown): z.output<typeof PostedChannel> {
  if (Array.isArray(body)) return { messages: check(body, PostedMessages) };
  const isChannel = typeof body === "object" && body !== null && "messages" in body;
  return isChannel ? check(body, PostedChannel) : { messages: [check(body, PostedMessage)] };
}

export async function deleteMessage(call: Call): Promise<Response> {
  const channel = param(call, "channel_id"), id = param(call, "message_id");
  if (await call.services.conversations.inbox.remove({ channel, key: keyOf(call) }, id)) return noContent();
  throw new RunnelError("not-found", `channel ${channel} has no message ${id}`);
}

/** The name of the key that a request shows. */
function keyOf({ request, services }: Pick<Call, "request" | "services">): string | undefined {
  return services.keys.nameOf(secretOf(request));
}
