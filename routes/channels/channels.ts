/** Channels: list, create, change, remove, metadata. */
import type { Channel } from "../../domain/channels/channels.ts";
import { ChannelName, type ListQuery, NewChannelBody, SettingsBody } from "../../api/channels.ts";
import { invalid, invalidPart } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import { check, readJson } from "../request.ts";
import { json, noContent } from "../respond.ts";
import { baseOf, type Call, param } from "../route.ts";
import { described, FirstOf, jsonList } from "../answers/stream.ts";

/** How many channels `order=newest` lists unless `limit` is given. */
const MOST_NEWEST = 1_000;

export function listChannels(call: Call<typeof ListQuery>): Promise<Response> {
  return call.query.order === "newest" ? listNewest(call) : listByName(call);
}

async function listNewest(call: Call<typeof ListQuery>): Promise<Response> {
  const base = baseOf(call), { tag, after, limit = MOST_NEWEST } = call.query;
  if (after !== undefined) throw invalidPart("after", "left out with order=newest, which is one page");
  const names = await call.services.channels.newest(limit, tag);
  return json({
    _links: { self: { href: `${base}/channel` }, channels: names.map((name) => linkOf(base, name)) },
  });
}

const linkOf = (base: string, name: string) => ({ name, href: `${base}/channel/${name}` });

function listByName(call: Call<typeof ListQuery>): Promise<Response> {
  const base = baseOf(call), { tag, after, limit = Infinity } = call.query;
  const names = new FirstOf(call.services.channels.pages(tag, { after, limit: limit + 1 }), limit);
  const nextLink = () => {
    const query = new URLSearchParams({
      ...(tag !== undefined && { tag }),
      limit: `${limit}`,
      after: names.last ?? "",
    });
    return `,"next":${JSON.stringify({ href: `${base}/channel?${query}` })}`;
  };
  return jsonList(call, {
    before: `{"_links":{"self":${JSON.stringify({ href: `${base}/channel` })},"channels":[`,
    elements: described(names.pages(), (name) => linkOf(base, name)),
    after: () => `]${names.hasMore ? nextLink() : ""}}}`,
  });
}

export async function createChannel(call: Call): Promise<Response> {
  const base = baseOf(call);
  const { name, ...settings } = await readJson(call, NewChannelBody);
  return created(await call.services.channels.create(name, settings), base);
}

export async function readChannel(call: Call): Promise<Response> {
  return json(metadata(await call.services.channels.get(param(call, "name")), baseOf(call)));
}

export async function putChannel(call: Call): Promise<Response> {
  const base = baseOf(call);
  const name = check(param(call, "name"), ChannelName);
  const settings = await readSettings(call, name);
  const { created: isNew, channel } = await call.services.channels.put(name, settings);
  return isNew ? created(channel, base) : json(metadata(channel, base));
}

export async function changeChannel(call: Call): Promise<Response> {
  const base = baseOf(call);
  const name = param(call, "name");
  const channel = await call.services.channels.change(name, await readSettings(call, name));
  return json(metadata(channel, base));
}

export async function removeChannel(call: Call): Promise<Response> {
  await call.services.channels.remove(param(call, "name"));
  return noContent();
}

/** A body may repeat the channel's name, but not change it. */
async function readSettings(call: Call, name: string) {
  const { name: named, ...settings } = await readJson(call, SettingsBody);
  if (named !== undefined && named !== name) {
    throw invalid(`name: a channel keeps its name, ${name}`, [
      { path: "name", message: `a channel keeps its name, ${name}` },
    ]);
  }
  return settings;
}

function created(channel: Channel, base: string): Response {
  return json(metadata(channel, base), 201, { Location: `${base}/channel/${channel.name}` });
}

function metadata(channel: Channel, base: string) {
  const self = `${base}/channel/${channel.name}`;
  const { name, createdAt, lastUpdate, ttlMillis, maxItems, description, tags, owner, compact } = channel;
  return {
    _links: {
      self: { href: self },
      latest: { href: `${self}/latest` },
      earliest: { href: `${self}/earliest` },
      ws: { href: `${self.replace(/^http/, "ws")}/ws` },
      events: { href: `${self}/events` },
    },
    name,
    creationDate: iso(createdAt),
    ...(lastUpdate !== undefined && { lastUpdateDate: iso(lastUpdate) }),
    ...(ttlMillis !== null && { ttlMillis }),
    ...(description !== null && { description }),
    ...(tags.length > 0 && { tags }),
    ...(maxItems !== null && { maxItems }),
    ...(compact && { compact }),
    ...(owner !== null && { owner }),
  };
}
