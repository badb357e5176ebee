/** Chat messages from programs, with an API key. */
import { PostedMessages } from "../../api/conversations.ts";
import { PostedMessage, SourceId } from "../../domain/conversations/inbox.ts";
import { RunnelError } from "../../domain/errors.ts";
import { check, readJsonValue } from "../request.ts";
import { json, noContent } from "../respond.ts";
import { type Call, param } from "../route.ts";

/** Largest body of messages, in bytes. */
const MAX_BYTES = 16 << 20;

export async function postMessages(call: Call): Promise<Response> {
  const channel = check(param(call, "channel_id"), SourceId);
  const body = await readJsonValue(call.request, MAX_BYTES);
  const posted = Array.isArray(body) ? check(body, PostedMessages) : [check(body, PostedMessage)];
  return json({ ids: await call.services.conversations.inbox.post(channel, posted) }, 201);
}

export async function deleteMessage(call: Call): Promise<Response> {
  const channel = param(call, "channel_id"), id = param(call, "message_id");
  if (await call.services.conversations.inbox.remove(channel, id)) return noContent();
  throw new RunnelError("not-found", `channel ${channel} has no message ${id}`);
}
