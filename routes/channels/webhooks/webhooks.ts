/** Webhooks over HTTP: list, create, change, remove. */
import type { z } from "zod";
import { ChannelName } from "../../../api/channels.ts";
import { WebhookBody } from "../../../api/webhooks.ts";
import type { Webhook, WebhookChanges } from "../../../domain/channels/webhooks/webhooks.ts";
import { invalidPart } from "../../../domain/errors.ts";
import { check, readJson } from "../../request.ts";
import { json, noContent } from "../../respond.ts";
import { baseOf, type Call, param } from "../../route.ts";
import { lagOf } from "../consumers/consumers.ts";

export async function listWebhooks(call: Call): Promise<Response> {
  const base = baseOf(call);
  const names = await call.services.webhooks.names();
  return json({
    _links: {
      self: { href: `${base}/webhook` },
      webhooks: names.map((name) => ({ name, href: `${base}/webhook/${name}` })),
    },
  });
}

export async function putWebhook(call: Call): Promise<Response> {
  const base = baseOf(call);
  const name = check(param(call, "name"), ChannelName);
  const { created, webhook } = await call.services.webhooks.put(name, base, await readChanges(call, name));
  const description = describe(webhook, base);
  return created ? json(description, 201, { Location: description._links.self.href }) : json(description);
}

export async function changeWebhook(call: Call): Promise<Response> {
  const name = param(call, "name");
  return json(
    describe(await call.services.webhooks.change(name, await readChanges(call, name)), baseOf(call)),
  );
}

export async function readWebhook(call: Call): Promise<Response> {
  return json(describe(await call.services.webhooks.get(param(call, "name")), baseOf(call)));
}

export async function removeWebhook(call: Call): Promise<Response> {
  await call.services.webhooks.remove(param(call, "name"));
  return noContent();
}

async function readChanges(call: Call, name: string): Promise<WebhookChanges> {
  const base = baseOf(call);
  const body = await readJson(call, WebhookBody);
  if (body.name !== undefined && body.name !== name) throw invalidPart("name", `the address says ${name}`);
  const { callbackUrl, batch, parallelCalls, maxAttempts, secret, startAfter, startItem, paused } = body;
  const channel = oneOf(body, "channel", "channelUrl", base) ?? undefined;
  return {
    callbackUrl,
    batch,
    parallelCalls,
    maxAttempts,
    secret,
    startAfter,
    startItem: startItem && itemOf(startItem, channel),
    isPaused: paused,
    channel,
    errorChannel: oneOf(body, "errorChannel", "errorChannelUrl", base),
  };
}

/** The id of an item that is given by it or by its address, or `previous`. One of another channel: `invalid-request`. */
function itemOf(text: string, channel: string | undefined): string {
  if (text === "previous") return text;
  const [, ofChannel, id] = /\/channel\/(\w+)\/(\w+)\/?$/.exec(text) ?? [, channel, text];
  if (channel !== undefined && ofChannel !== channel) {
    throw invalidPart("startItem", `an item of the channel that is pushed, ${channel}`);
  }
  return id!.toUpperCase();
}

/** A channel that is given by its name or by its address. */
function oneOf<Name extends "channel" | "errorChannel">(
  body: z.output<typeof WebhookBody>,
  byName: Name,
  byUrl: `${Name}Url`,
  base: string,
): string | null | undefined {
  const name = body[byName], url = body[byUrl];
  if (url === undefined || url === null) return name === undefined ? url : name;
  const named = url.startsWith(`${base}/channel/`)
    ? url.slice(`${base}/channel/`.length).replace(/\/$/, "")
    : url;
  if (!ChannelName.safeParse(named).success) {
    throw invalidPart(byUrl, `${url} is no channel of this Runnel, whose channels are ${base}/channel/NAME`);
  }
  if (name !== undefined && name !== named) throw invalidPart(byUrl, `${byName} names another channel`);
  return named;
}

function describe({ name, channel, settings, isPaused, lastError, consumer }: Webhook, base: string) {
  const channelUrl = `${base}/channel/${channel}`;
  const { callbackUrl, batch, parallelCalls, maxAttempts, secret } = settings;
  const { deadLetter } = consumer.settings;
  return {
    _links: { self: { href: `${base}/webhook/${name}` }, channel: { href: channelUrl } },
    name,
    channelUrl,
    callbackUrl,
    batch,
    parallelCalls,
    maxAttempts,
    ...(deadLetter !== undefined && { errorChannelUrl: `${base}/channel/${deadLetter}` }),
    signed: secret !== undefined,
    paused: isPaused,
    cursor: consumer.cursor,
    inFlight: consumer.inFlight,
    lag: lagOf(consumer),
    givenUp: consumer.givenUp,
    lastError,
  };
}
