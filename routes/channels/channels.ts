/** Channels: list, create, change, remove, metadata. */
import type { Context } from "hono";
import type { Channel } from "../../domain/channels/channels.ts";
import { ChannelName, NewChannelBody, SettingsBody } from "../../domain/channels/settings.ts";
import { RunnelError } from "../../domain/errors.ts";
import { CHANGE, CREATE, LIST, PUT, READ, REMOVE } from "./reference.ts";
import type { Services } from "../services.ts";
import { type BaseUrl, check, readJson } from "../request.ts";
import { json, noContent } from "../respond.ts";
import { param, type Route } from "../route.ts";

export function channelRoutes({ channels }: Pick<Services, "channels">, baseUrl: BaseUrl): Route[] {
  return [
    {
      method: "GET",
      path: "/channel",
      scope: "channels:read",
      summary: "List channels",
      reference: LIST,
      handle: list,
    },
    {
      method: "POST",
      path: "/channel",
      scope: "channels:write",
      summary: "Create a channel",
      reference: CREATE,
      handle: create,
    },
    {
      method: "GET",
      path: "/channel/:name",
      scope: "channels:read",
      summary: "Channel metadata",
      reference: READ,
      handle: read,
    },
    {
      method: "PUT",
      path: "/channel/:name",
      scope: "channels:write",
      summary: "Create or replace a channel",
      reference: PUT,
      handle: put,
    },
    {
      method: "PATCH",
      path: "/channel/:name",
      scope: "channels:write",
      summary: "Change a channel",
      reference: CHANGE,
      handle: change,
    },
    {
      method: "DELETE",
      path: "/channel/:name",
      scope: "channels:write",
      summary: "Remove a channel",
      reference: REMOVE,
      handle: remove,
    },
  ];

  async function list({ req }: Context): Promise<Response> {
    const base = baseUrl(req.raw);
    const names = await channels.names(req.query("tag"));
    return json({
      _links: {
        self: { href: `${base}/channel` },
        channels: names.map((name) => ({ name, href: `${base}/channel/${name}` })),
      },
    });
  }

  async function create({ req }: Context): Promise<Response> {
    const base = baseUrl(req.raw);
    const { name, ...settings } = await readJson(req.raw, NewChannelBody);
    return created(await channels.create(name, settings), base);
  }

  async function read(context: Context): Promise<Response> {
    const channel = await channels.get(param(context, "name"));
    return json(metadata(channel, baseUrl(context.req.raw)));
  }

  async function put(context: Context): Promise<Response> {
    const base = baseUrl(context.req.raw);
    const name = check(param(context, "name"), ChannelName);
    const settings = await readSettings(context, name);
    const { created: isNew, channel } = await channels.put(name, settings);
    return isNew ? created(channel, base) : json(metadata(channel, base));
  }

  async function change(context: Context): Promise<Response> {
    const base = baseUrl(context.req.raw);
    const name = param(context, "name");
    const channel = await channels.change(name, await readSettings(context, name));
    return json(metadata(channel, base));
  }

  async function remove(context: Context): Promise<Response> {
    await channels.remove(param(context, "name"));
    return noContent();
  }
}

/** A body may repeat the channel's name, but not change it. */
async function readSettings(context: Context, name: string) {
  const { name: named, ...settings } = await readJson(
    context.req.raw,
    SettingsBody.extend({ name: ChannelName.optional() }),
  );
  if (named !== undefined && named !== name) {
    throw new RunnelError("invalid-request", `name: a channel keeps its name, ${name}`, [
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
  const { name, createdAt, lastUpdate, ttlMillis, maxItems, description, tags } = channel;
  return {
    _links: {
      self: { href: self },
      latest: { href: `${self}/latest` },
      earliest: { href: `${self}/earliest` },
      ws: { href: `${self.replace(/^http/, "ws")}/ws` },
    },
    name,
    creationDate: new Date(createdAt).toISOString(),
    ...(lastUpdate !== undefined && { lastUpdateDate: new Date(lastUpdate).toISOString() }),
    ...(ttlMillis !== null && { ttlMillis }),
    ...(description !== null && { description }),
    ...(tags.length > 0 && { tags }),
    ...(maxItems !== null && { maxItems }),
  };
}
