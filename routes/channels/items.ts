/** Items: insert, fetch with links to the neighbours, latest and earliest. The hot paths of channels. */
import { positionOf, type Reading } from "../../domain/channels/items/visibility.ts";
import type { WriteOptions } from "../../domain/channels/writer.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import { cacheControl, itemHeaders } from "./item_headers.ts";
import { itemKeyOf } from "./item_key.ts";
import { accepts, byteRange, checkPreconditions } from "../conditional.ts";
import { isMediaType } from "../../domain/channels/media_type.ts";
import { problem } from "../errors.ts";
import { readBody } from "../request.ts";
import { whole } from "../answers/body.ts";
import { NO_SNIFF, seeOther } from "../respond.ts";
import { holdAnswer } from "../serving/answers.ts";
import { baseOf, type Call, param } from "../route.ts";

const DEFAULT_TYPE = "application/octet-stream";
const MAX_HEADER = 255;

export async function insertItem(call: Call): Promise<Response> {
  const { request, services } = call;
  const { headers } = request;
  const name = param(call, "name");
  // What can be refused is refused before anything is stored: here, a Host that no link can be made of.
  const channel = `${baseOf(call)}/channel/${name}`;
  const type = storedType(headers);
  const encoding = storedHeader(headers, "content-encoding");
  const language = storedHeader(headers, "content-language");
  const isPlain = !KEEPING_PROMISES.some((promise) => headers.has(promise));
  const options = isPlain ? undefined : writeOptions(headers);
  const itemKey = isPlain ? null : itemKeyOf(headers);
  const content = { type, encoding, language, body: await readBody(call, services.maxItemBytes) };
  if (!isPlain) await call.keyCheck?.again();
  const stored = isPlain ? undefined : await services.writer.insert(name, { ...content, itemKey }, options!);
  const { id, time } = (stored && positionOf(stored.firstKey)) ??
    await services.items.append(name, content, call.keyCheck);
  const self = `${channel}/${id}`;
  // By hand, because no part of it can need escaping: names, ids and checked hosts are plain ASCII.
  const body =
    `{"_links":{"channel":{"href":"${channel}"},"self":{"href":"${self}"}},"id":"${id}","timestamp":"${
      iso(time)
    }"}`;
  return new Response(body, {
    status: 201,
    headers: {
      "Content-Type": "application/json",
      Location: self,
      ...stored?.isReplay && { "Idempotent-Replay": "true" },
      ...NO_SNIFF,
    },
  });
}

/** Headers by which an insert asks for more than being stored. */
const KEEPING_PROMISES = ["idempotency-key", "if-latest", "item-key"];

/** The conditions that an insert's headers name. */
export function writeOptions(headers: Headers): WriteOptions {
  const idempotencyKey = headers.get("idempotency-key");
  if (idempotencyKey !== null && (idempotencyKey === "" || idempotencyKey.length > MAX_HEADER)) {
    throw invalid(`an Idempotency-Key has 1 to ${MAX_HEADER} characters`);
  }
  return {
    ...(idempotencyKey !== null && { idempotencyKey }),
    ...(headers.has("if-latest") && { ifLatest: headers.get("if-latest")! }),
  };
}

export async function goToLatest(call: Call): Promise<Response> {
  const name = param(call, "name");
  return seeOther(`${baseOf(call)}/channel/${name}/${await call.services.items.latest(name)}`);
}

export async function goToEarliest(call: Call): Promise<Response> {
  const name = param(call, "name");
  return seeOther(`${baseOf(call)}/channel/${name}/${await call.services.items.earliest(name)}`);
}

export function fetchItem(call: Call): Response | Promise<Response> {
  const { items } = call.services;
  const name = param(call, "name"), id = param(call, "id");
  const reading = items.cached(name, id);
  if (reading !== undefined) return render(call, name, reading, false);
  return items.read(name, id, (bytes) => holdAnswer(call, bytes))
    .then((stored) => render(call, name, stored, true));
}

/** `isHeld`: the bytes of a large item are counted already. */
function render(call: Call, name: string, { item, expires }: Reading, isHeld: boolean): Response {
  const { request, services: { clock, keys } } = call;
  const { type, body } = item;
  if (!accepts(request.headers.get("accept"), type)) {
    throw new RunnelError("not-acceptable", `the item is stored as ${type}`);
  }
  const headers: Record<string, string> = {
    ...itemHeaders(item, `${baseOf(call)}/channel/${name}`),
    "Cache-Control": cacheControl(item, expires - clock(), keys.required),
  };
  if (checkPreconditions(request.headers, headers.ETag!) === "not-modified") {
    return new Response(null, { status: 304, headers });
  }
  if (request.method === "HEAD") headers["Content-Length"] = String(body.byteLength);

  const range = byteRange(request, headers.ETag!, body.byteLength);
  if (range === undefined) {
    if (request.method === "HEAD") return new Response(null, { headers });
    if (!isHeld) holdAnswer(call, body.byteLength);
    return whole(call, body, 200, headers);
  }
  if (range === "unsatisfiable") {
    const error = new RunnelError("range-not-satisfiable", `the content has ${body.byteLength} bytes`);
    return problem(error, undefined, { "Content-Range": `bytes */${body.byteLength}` });
  }
  headers["Content-Range"] = `bytes ${range.from}-${range.to}/${body.byteLength}`;
  if (!isHeld) holdAnswer(call, range.to + 1 - range.from);
  return whole(call, body.subarray(range.from, range.to + 1), 206, headers);
}

/** The type that was checked last: most items of a channel share one. */
let lastType = DEFAULT_TYPE;

/** The item's media type: exactly one, because a browser that gets two may choose the one that runs. */
function storedType(headers: Headers): string {
  const type = storedHeader(headers, "content-type") ?? DEFAULT_TYPE;
  if (type === lastType) return type;
  if (!isMediaType(type)) {
    throw invalid(`Content-Type is ${JSON.stringify(type)}, which is no media type`);
  }
  return lastType = type;
}

function storedHeader(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  if (value !== null && value.length > MAX_HEADER) {
    throw invalid(`${name} may have at most ${MAX_HEADER} characters`);
  }
  return value || null;
}
