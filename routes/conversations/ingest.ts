/** Where chat systems send what is said: Slack's Events API and Mattermost's outgoing webhooks. */
import { SlackApp } from "slack-edge";
import { WebhookPost } from "../../domain/conversations/mattermost/webhook.ts";
import type { SlackInbox } from "../../domain/conversations/slack/inbox.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { check, readBody, readJsonOfAnyType } from "../request.ts";
import type { Sender } from "../serving/admission.ts";
import { json } from "../respond.ts";
import type { Call } from "../route.ts";

/** Largest event, in bytes. */
const MAX_BYTES = 1 << 20;
/** Types of events that are taken in; the others are acknowledged. */
const LISTENED = new Set([
  "message",
  "channel_rename",
  "group_rename",
  "member_joined_channel",
  "member_left_channel",
  "user_change",
  "reaction_added",
  "reaction_removed",
]);
/** How far a signed time may lie ahead: slack-edge refuses only what is more than five minutes old. */
const MAX_AHEAD_S = 300;

export async function takeSlackEvent({ request, services }: Call): Promise<Response> {
  const { slack } = services.conversations;
  if (slack.signingSecret === undefined) {
    throw new RunnelError("not-found", "Slack's events are not expected here: set SLACK_SIGNING_SECRET");
  }
  const { headers, url } = request;
  checkSignedTime(headers);
  const body = await readBody({ request, bodies: services.admission.webhooks }, MAX_BYTES);
  const pending: Promise<unknown>[] = [];
  const context = {
    waitUntil(promise: Promise<unknown>) {
      pending.push(promise);
      // The failure surfaces below, where all of them are awaited.
      promise.catch(() => {});
    },
  };
  const app = createSlackApp(slack.signingSecret, slack.inbox);
  let response: Response;
  try {
    response = await app.run(new Request(url, { method: "POST", headers, body }), context);
  } catch (error) {
    await Promise.allSettled(pending);
    throw invalid("this is no event of Slack's", [], { cause: error });
  }
  // Slack sends an event again unless it is acknowledged, so that is done when it is stored.
  await Promise.all(pending);
  if (response.status === 401) throw new RunnelError("unauthorized", "the signature is not Slack's");
  return response;
}

export async function takeMattermostPost({ request, services }: Call): Promise<Response> {
  const { webhook } = services.conversations;
  if (!webhook.isConfigured) {
    throw new RunnelError("not-found", "no webhooks are expected here: set MATTERMOST_WEBHOOK_TOKENS");
  }
  const sender = { request, bodies: services.admission.webhooks };
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("content-type") ?? "");
  const post = isForm
    ? check(Object.fromEntries(await readForm(sender)), WebhookPost)
    : await readJsonOfAnyType(sender, WebhookPost, MAX_BYTES);
  await webhook.post(post);
  return json({});
}

async function readForm(sender: Sender): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await readBody(sender, MAX_BYTES)));
}

/** What slack-edge leaves open: a time that is no number, or far ahead, and a missing signature. */
function checkSignedTime(headers: Headers): void {
  const signedAt = headers.get("x-slack-request-timestamp") ?? "";
  const isSigned = /^v0=[0-9a-f]{64}$/.test(headers.get("x-slack-signature") ?? "");
  const isTime = /^\d{1,12}$/.test(signedAt) && Number(signedAt) < Date.now() / 1000 + MAX_AHEAD_S;
  if (!isSigned || !isTime) throw new RunnelError("unauthorized", "the request is not signed by Slack");
}

function createSlackApp(signingSecret: string, inbox: SlackInbox) {
  const app = new SlackApp({
    env: { SLACK_SIGNING_SECRET: signingSecret, SLACK_LOGGING_LEVEL: "ERROR" },
    // Events are only stored, so nothing is asked of Slack in the name of the workspace.
    authorize: () => Promise.resolve({ botId: "", botUserId: "", botToken: "", botScopes: [] }),
    ignoreSelfEvents: false,
  });
  return app
    // slack-edge writes what it has no listener for to stdout.
    .use(async ({ body }) =>
      LISTENED.has(body?.event?.type) && await inbox.isExpected(body) ? undefined : { status: 200 }
    )
    .event("message", ({ payload }) => inbox.message(payload))
    .event("channel_rename", ({ payload }) => inbox.renamed(payload))
    .event("group_rename", ({ payload }) => inbox.renamed(payload))
    .event("member_joined_channel", ({ payload }) => inbox.joined(payload))
    .event("member_left_channel", ({ payload }) => inbox.left(payload))
    .event("user_change", ({ payload }) => inbox.userChanged(payload))
    .event("reaction_added", ({ payload }) => inbox.reacted(payload, true))
    .event("reaction_removed", ({ payload }) => inbox.reacted(payload, false));
}
