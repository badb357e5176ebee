/** Items: insert, fetch with links to the neighbours, latest and earliest. The hot paths of channels. */
import type { Context } from "hono";
import type { Reading } from "../../domain/channels/channels.ts";
import { RunnelError } from "../../domain/errors.ts";
import { EARLIEST, FETCH, INSERT, LATEST } from "./reference.ts";
import type { Services } from "../services.ts";
import { cacheControl, isoTime, itemHeaders } from "./item_headers.ts";
import { accepts, byteRange, checkPreconditions } from "../conditional.ts";
import { problem } from "../errors.ts";
import { type BaseUrl, readBody } from "../request.ts";
import { NO_SNIFF, seeOther } from "../respond.ts";
import { param, type Route } from "../route.ts";

const DEFAULT_TYPE = "application/octet-stream";
const MAX_HEADER = 255;

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
    // What can be refused is refused before anything is stored: here, a Host that no link can be made of.
    const channel = `${baseUrl(request)}/channel/${name}`;
    const type = storedHeader(headers, "content-type") ?? DEFAULT_TYPE;
    const encoding = storedHeader(headers, "content-encoding");
    const language = storedHeader(headers, "content-language");
    const content = { type, encoding, language, body: await readBody(request, maxItemBytes) };
    const { id, time } = await channels.append(name, content);
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
    const reading = channels.cached(name, id);
    if (reading !== undefined) return render(context, name, reading);
    return channels.item(name, id).then((stored) => render(context, name, stored));
  }

  function render({ req }: Context, name: string, { item, expires }: Reading): Response {
    const { raw: request } = req;
    const { type, body } = item;
    if (!accepts(request.headers.get("accept"), type)) {
      throw new RunnelError("not-acceptable", `the item is stored as ${type}`);
    }
    const headers: Record<string, string> = {
      ...itemHeaders(item, `${baseUrl(request)}/channel/${name}`),
      "Cache-Control": cacheControl(item, expires - clock(), keys.required),
    };
    if (checkPreconditions(request.headers, headers.ETag!) === "not-modified") {
      return new Response(null, { status: 304, headers });
    }
    if (request.method === "HEAD") headers["Content-Length"] = String(body.byteLength);

    const range = byteRange(request, headers.ETag!, body.byteLength);
    if (range === undefined) return new Response(body, { headers });
    if (range === "unsatisfiable") {
      const error = new RunnelError("range-not-satisfiable", `the content has ${body.byteLength} bytes`);
      return problem(error, undefined, { "Content-Range": `bytes */${body.byteLength}` });
    }
    headers["Content-Range"] = `bytes ${range.from}-${range.to}/${body.byteLength}`;
    return new Response(body.subarray(range.from, range.to + 1), { status: 206, headers });
  }
}

function storedHeader(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  if (value !== null && value.length > MAX_HEADER) {
    throw new RunnelError("invalid-request", `${name} may have at most ${MAX_HEADER} characters`);
  }
  return value || null;
}
