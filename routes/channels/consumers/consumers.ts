/** Consumers over HTTP: set up, pulled from, acknowledged to. */
import { ChannelName } from "../../../api/channels.ts";
import { AckBody, ConsumerBody, ExtendBody, NackBody, PullBody } from "../../../api/consumers.ts";
import type { GivenRow } from "../../../db/channels/consumers/deliveries.ts";
import type { Consumer } from "../../../domain/channels/consumers/consumers.ts";
import { iso } from "../../../domain/time.ts";
import { check, hasBody, readJson } from "../../request.ts";
import { json, noContent } from "../../respond.ts";
import { waitFor } from "../../live/permission.ts";
import { baseOf, type Call, param } from "../../route.ts";
import { describeContent, textReader } from "../following/news.ts";

/** Items that a worker gets when it says no number. */
export const DEFAULT_PULL = 100;

export async function listConsumers(call: Call): Promise<Response> {
  const channel = channelOf(call);
  const consumers = await call.services.consumers.list(param(call, "name"));
  return json({
    _links: { self: { href: `${channel}/consumers` }, channel: { href: channel } },
    consumers: consumers.map((consumer) => describe(consumer, channel)),
  });
}

export async function putConsumer(call: Call): Promise<Response> {
  const channel = channelOf(call);
  const name = check(param(call, "consumer"), ChannelName);
  const settings = await readJson(call, ConsumerBody);
  const { created, consumer } = await call.services.consumers.put(param(call, "name"), name, settings);
  const description = describe(consumer, channel);
  return created ? json(description, 201, { Location: description._links.self.href }) : json(description);
}

export async function readConsumer(call: Call): Promise<Response> {
  const channel = channelOf(call);
  return json(describe(await call.services.consumers.get(...nameOf(call)), channel));
}

export async function removeConsumer(call: Call): Promise<Response> {
  await call.services.consumers.remove(...nameOf(call));
  return noContent();
}

export async function pullItems(call: Call): Promise<Response> {
  const channel = channelOf(call);
  const { max = DEFAULT_PULL, wait = 0, ack } = hasBody(call.request) ? await readJson(call, PullBody) : {};
  const pull = (signal: AbortSignal) =>
    call.services.deliveries.pull(...nameOf(call), { max, wait, ack, signal });
  const pulled = wait === 0 ? await pull(call.request.signal) : await waitFor(call, pull);
  const { rows, lease, gap, acknowledged } = pulled;
  return json({
    items: givenItems(rows, lease, channel),
    ...(ack !== undefined && { acknowledged }),
    ...(gap !== undefined && { gap }),
  });
}

export async function ackItems(call: Call): Promise<Response> {
  const settlement = await readJson(call, AckBody);
  return json({ items: await call.services.deliveries.ack(...nameOf(call), settlement) });
}

export async function nackItems(call: Call): Promise<Response> {
  const { delay, ...settlement } = await readJson(call, NackBody);
  return json({ items: await call.services.deliveries.nack(...nameOf(call), settlement, delay) });
}

export async function extendItems(call: Call): Promise<Response> {
  const settlement = await readJson(call, ExtendBody);
  return json({ items: await call.services.deliveries.extend(...nameOf(call), settlement) });
}

/** Items as the worker that holds them sees them. */
export function givenItems(rows: readonly GivenRow[], lease: string, channel: string) {
  const textOf = textReader(rows);
  return rows.map((row) => ({ ...describeContent(row, channel, textOf), delivery: row.deliveries, lease }));
}

/** The address of the call's channel. */
export function channelOf(call: Call): string {
  return `${baseOf(call)}/channel/${param(call, "name")}`;
}

/** The names of the call's channel and consumer. */
export function nameOf(call: Call): [channel: string, consumer: string] {
  return [param(call, "name"), param(call, "consumer")];
}

function describe(consumer: Consumer, channel: string) {
  const self = `${channel}/consumers/${consumer.name}`;
  const { start, ackWait, maxDeliver, maxInFlight, deadLetter, filter } = consumer.settings;
  const { cursor, inFlight, waitingAgain, exhausted, redeliveries, givenUp } = consumer;
  return {
    _links: {
      self: { href: self },
      channel: { href: channel },
      pull: { href: `${self}/pull` },
      ack: { href: `${self}/ack` },
      nack: { href: `${self}/nack` },
      extend: { href: `${self}/extend` },
      ws: { href: `${self.replace(/^http/, "ws")}/ws` },
    },
    name: consumer.name,
    creationDate: iso(consumer.createdAt),
    start,
    ackWaitMillis: ackWait,
    maxDeliver,
    maxInFlight,
    ...(deadLetter !== undefined && { deadLetter }),
    ...(filter !== undefined && { filter }),
    cursor,
    inFlight,
    waitingAgain,
    exhausted,
    lag: lagOf(consumer),
    redeliveries,
    givenUp,
  };
}

/** How far behind a consumer is. */
export function lagOf({ lag, isCounted, lagMillis }: Consumer) {
  return { items: lag, atLeast: !isCounted, millis: lagMillis };
}
