/** Items: insert, fetch with links to the neighbours, latest and earliest. The hot paths of channels. */
import type { Context } from "hono";
import type { Item, Position } from "../domain/channels/channels.ts";
import { RunnelError } from "../domain/errors.ts";
import { EARLIEST, FETCH, INSERT, LATEST } from "./channels_reference.ts";
import type { Services } from "./app.ts";
import { accepts, byteRange, checkPreconditions } from "./conditional.ts";
import { problem } from "./errors.ts";
import { type BaseUrl, readBody } from "./request.ts";
import { NO_SNIFF, seeOther } from "./respond.ts";
import { param, type Route } from "./route.ts";

const DEFAULT_TYPE = "application/octet-stream";
const MAX_HEADER = 255;
const MAX_CACHE_SECONDS = 3600;
/** Bytes from which an answer says that parts of it can be asked for. */
const WORTH_A_RANGE = 4096;
/** Content in which a browser runs nothing. Any other must not run with the dashboard's rights. */
const INERT_TYPES = /^(text\/plain|application\/(json|octet-stream)|image\/(png|jpeg|gif|webp))\s*(;|$)/i;

export function itemRoutes(
  { channels, keys, clock, maxItemBytes }: Pick<Services, "channels" | "keys" | "clock" | "maxItemBytes">,
  baseUrl: BaseUrl,
): Route[] {
  return [
    {
      method: "POST",
      path: "/channel/:name",
      scope: "channels:write",
      summary: "Insert an item",
      reference: INSERT,
      handle: insert,
    },
    {
      method: "GET",
      path: "/channel/:name/latest",
      scope: "channels:read",
      summary: "Go to the newest item",
      reference: LATEST,
      handle: latest,
    },
    {
      method: "GET",
      path: "/channel/:name/earliest",
      scope: "channels:read",
      summary: "Go to the oldest item",
      reference: EARLIEST,
      handle: earliest,
    },
    {
      method: "GET",
      path: "/channel/:name/:id",
      scope: "channels:read",
      summary: "Fetch an item",
      reference: FETCH,
      handle: fetchItem,
    },
  ];

  async function insert(context: Context): Promise<Response> {
    const request = context.req.raw;
    const { headers } = request;
    const name = param(context, "name");
    const type = storedHeader(headers, "content-type") ?? DEFAULT_TYPE;
    const encoding = storedHeader(headers, "content-encoding");
    const language = storedHeader(headers, "content-language");
    const content = { type, encoding, language, body: await readBody(request, maxItemBytes) };
    const { id, time } = await channels.append(name, content);
    const channel = `${baseUrl(request)}/channel/${name}`;
    const self = `${channel}/${id}`;
    // By hand, because no part of it can need escaping: names, ids and checked hosts are plain ASCII.
    const body =
      `{"_links":{"channel":{"href":"${channel}"},"self":{"href":"${self}"}},"id":"${id}","timestamp":"${
        isoTime(time)
      }"}`;
    return new Response(body, {
      status: 201,
      headers: { "Content-Type": "application/json", Location: self, ...NO_SNIFF },
    });
  }

  async function latest(context: Context): Promise<Response> {
    const name = param(context, "name");
    return seeOther(`${baseUrl(context.req.raw)}/channel/${name}/${await channels.latest(name)}`);
  }

  async function earliest(context: Context): Promise<Response> {
    const name = param(context, "name");
    return seeOther(`${baseUrl(context.req.raw)}/channel/${name}/${await channels.earliest(name)}`);
  }

  function fetchItem(context: Context): Response | Promise<Response> {
    const name = param(context, "name"), id = param(context, "id");
    const item = channels.cached(name, id);
    if (item !== undefined) return render(context, name, item);
    return channels.item(name, id).then((stored) => render(context, name, stored));
  }

  function render({ req }: Context, name: string, item: Item): Response {
    const request = req.raw;
    const { type, body } = item;
    if (!accepts(request.headers.get("accept"), type)) {
      throw new RunnelError("not-acceptable", `the item is stored as ${type}`);
    }
    const etag = etagOf(item);
    const headers = itemHeaders(item, `${baseUrl(request)}/channel/${name}`, etag);
    if (checkPreconditions(request.headers, etag) === "not-modified") {
      return new Response(null, { status: 304, headers });
    }

    headers["Content-Type"] = type;
    if (item.encoding !== null) headers["Content-Encoding"] = item.encoding;
    if (item.language !== null) headers["Content-Language"] = item.language;
    if (!INERT_TYPES.test(type)) headers["Content-Security-Policy"] = "sandbox";
    if (request.method === "HEAD") headers["Content-Length"] = String(body.byteLength);

    const range = byteRange(request, etag, body.byteLength);
    if (range === undefined) return new Response(body, { headers });
    if (range === "unsatisfiable") {
      const error = new RunnelError("range-not-satisfiable", `the content has ${body.byteLength} bytes`);
      return problem(error, undefined, { "Content-Range": `bytes */${body.byteLength}` });
    }
    headers["Content-Range"] = `bytes ${range.from}-${range.to}/${body.byteLength}`;
    return new Response(body.subarray(range.from, range.to + 1), { status: 206, headers });
  }

  /** Few and in a plain object: each header, and any other way to give them, costs a measurable part of a read. */
  function itemHeaders(item: Item, channel: string, etag: string): Record<string, string> {
    const headers: Record<string, string> = {
      ...NO_SNIFF,
      "Creation-Date": isoTime(item.time),
      "ETag": etag,
      "Cache-Control": cacheControl(item, keys.required, clock()),
    };
    // Two spellings of one name make two headers; names are not case sensitive.
    if (item.previous !== undefined) headers["Link"] = link(channel, item.previous, "previous");
    if (item.next !== undefined) headers["link"] = link(channel, item.next, "next");
    if (item.body.byteLength >= WORTH_A_RANGE) headers["Accept-Ranges"] = "bytes";
    return headers;
  }
}

function storedHeader(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  if (value !== null && value.length > MAX_HEADER) {
    throw new RunnelError("invalid-request", `${name} may have at most ${MAX_HEADER} characters`);
  }
  return value || null;
}

/** The links are part of what is sent, so the tag changes when one of them appears or goes. */
function etagOf({ id, previous, next }: Item): string {
  return `"${id}${previous === undefined ? "" : "-p"}${next === undefined ? "" : "-n"}"`;
}

function link(channel: string, { id }: Position, rel: "previous" | "next"): string {
  return `<${channel}/${id}>;rel="${rel}"`;
}

/** The last item's next link is still to come, so a cache has to ask again; any other item stays as it is. */
function cacheControl({ next, expires }: Item, keysExist: boolean, now: number): string {
  if (next === undefined) return "no-cache";
  const seconds = Math.min(MAX_CACHE_SECONDS, Math.floor((expires - now) / 1000));
  return `${keysExist ? "private" : "public"}, max-age=${seconds}`;
}

let lastTime = NaN, lastIso = "";

/** ISO 8601 in UTC. Neighbouring requests ask for the same millisecond, so the last answer is kept. */
function isoTime(milliseconds: number): string {
  if (milliseconds !== lastTime) {
    lastTime = milliseconds;
    lastIso = new Date(milliseconds).toISOString();
  }
  return lastIso;
}
