/** Lists of items: the newest, the oldest, what comes after or before a position, a stretch of time, and keys. */
import {
  type ItemsQuery,
  type KeysQuery,
  MAX_LIST,
  type NextQuery,
  type RateQuery,
  type TimeQuery,
} from "../../api/channels.ts";
import { follow } from "../../domain/channels/follow.ts";
import type { ItemList, ListedItem, Wanted } from "../../domain/channels/reader.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { NDJSON_TYPES } from "../../domain/ndjson.ts";
import { DAY_MS, iso } from "../../domain/time.ts";
import { qualityOf } from "../conditional.ts";
import { json, seeOther } from "../respond.ts";
import { waitFor } from "../live/permission.ts";
import { baseOf, type Call, param } from "../route.ts";
import {
  checkPresence,
  described,
  FirstOf,
  heldPage,
  jsonList,
  released,
  streamed,
} from "../answers/stream.ts";
import { Hold } from "../serving/answers.ts";
import { listedItems } from "./listed_items.ts";
import { multipartPieces, partsOf } from "./multipart.ts";

/** Items of a list of which the query says no number. */
const DEFAULT_LIST = 1_000;
/** Bytes of the contents of an item, as far as they are not known yet. */
const USUAL_CONTENT = 4 << 10;
/** Contents of a list that are read before the first of them are sent, at most, unless a single one is larger. */
const CONTENTS_FIRST = 2 << 20;
/** Steps of a rate. */
const MOST_STEPS = 2_000;

export async function showLatest(call: Call<typeof ItemsQuery>): Promise<Response> {
  const name = param(call, "name"), count = countOf(call);
  const list = await call.services.reader.newest(name, count, wantedBy(call));
  return await render(call, list, `latest/${count}`, count);
}

export async function showEarliest(call: Call<typeof ItemsQuery>): Promise<Response> {
  const name = param(call, "name"), count = countOf(call);
  const list = await call.services.reader.after(name, "beginning", count, wantedBy(call));
  return await render(call, list, `earliest/${count}`, count);
}

export async function showNext(call: Call<typeof NextQuery>): Promise<Response> {
  const { reader } = call.services;
  const name = param(call, "name"), id = param(call, "id"), count = countOf(call);
  const after = reader.keyOf(id);
  let list = await reader.after(name, after, count, wantedBy(call));
  if (list.last === undefined && call.query.wait !== undefined) {
    await arrival(call, name, after, call.query.wait);
    list = await reader.after(name, after, count, wantedBy(call));
  }
  return await render(call, list, `${id}/next/${count}`, count);
}

export async function showPrevious(call: Call<typeof ItemsQuery>): Promise<Response> {
  const { reader } = call.services;
  const name = param(call, "name"), id = param(call, "id"), count = countOf(call);
  const list = await reader.before(name, reader.keyOf(id), count, wantedBy(call));
  return await render(call, list, `${id}/previous/${count}`, count);
}

export async function goToNext(call: Call): Promise<Response> {
  const { reader } = call.services;
  const name = param(call, "name");
  const { items } = await reader.after(name, reader.keyOf(param(call, "id")), 1);
  return goTo(call, name, items[0]);
}

export async function goToPrevious(call: Call): Promise<Response> {
  const { reader } = call.services;
  const name = param(call, "name");
  const { items } = await reader.before(name, reader.keyOf(param(call, "id")), 1);
  return goTo(call, name, items[0]);
}

export async function showKeys(call: Call<typeof KeysQuery>): Promise<Response> {
  const { after = "", limit = DEFAULT_LIST } = call.query;
  const name = param(call, "name"), channel = `${baseOf(call)}/channel/${name}`;
  const keys = new FirstOf(await call.services.reader.itemKeys(name, after, limit + 1), limit);
  const links = () => ({
    self: { href: `${channel}/keys` },
    ...(keys.hasMore && {
      next: { href: `${channel}/keys?limit=${limit}&after=${encodeURIComponent(keys.last?.itemKey ?? "")}` },
    }),
  });
  return await jsonList(call, {
    before: `{"keys":[`,
    elements: described(keys.pages(), ({ itemKey, id, time }) => ({
      key: itemKey,
      id,
      href: `${channel}/${id}`,
      timestamp: iso(time),
    })),
    after: () => `],"_links":${JSON.stringify(links())}}`,
  });
}

export async function goToKey(call: Call): Promise<Response> {
  const name = param(call, "name");
  return goTo(call, name, await call.services.reader.newestOf(name, param(call, "key")));
}

const UNITS = ["day", "hour", "minute", "second"] as const;
const UNIT_MS = { day: DAY_MS, hour: 3_600_000, minute: 60_000, second: 1_000 } as const;
const TEMPLATES = {
  day: "{year}/{month}/{day}",
  hour: "{year}/{month}/{day}/{hour}",
  minute: "{year}/{month}/{day}/{hour}/{minute}",
  second: "{year}/{month}/{day}/{hour}/{minute}/{second}",
} as const;
type Unit = typeof UNITS[number];

export async function showTimeLinks(call: Call): Promise<Response> {
  const { channels, clock } = call.services;
  const name = param(call, "name");
  await channels.window(name);
  const time = `${baseOf(call)}/channel/${name}/time`;
  const link = (unit: Unit) => ({ href: `${time}/${unit}`, template: `${time}/${TEMPLATES[unit]}` });
  return json({
    _links: {
      self: { href: time },
      second: link("second"),
      minute: link("minute"),
      hour: link("hour"),
      day: link("day"),
    },
    now: iso(clock()),
  });
}

export async function goToTime(call: Call): Promise<Response> {
  const { channels, clock } = call.services;
  const name = param(call, "name"), unit = UNITS.find((unit) => unit === param(call, "unit"))!;
  await channels.window(name);
  return seeOther(`${baseOf(call)}/channel/${name}/time/${pathOf(clock(), unit)}`);
}

export async function showTime(call: Call<typeof TimeQuery>): Promise<Response> {
  const { reader, clock } = call.services;
  const { limit = DEFAULT_LIST, after } = call.query;
  const name = param(call, "name");
  const parts = ["year", "month", "day", "hour", "minute", "second"]
    .map((part) => call.context.req.param(part)).filter((part) => part !== undefined);
  const unit = UNITS[parts.length - 3]!;
  const from = startOf(parts), until = from + UNIT_MS[unit];
  const range = { from, until, after: after === undefined ? 0n : reader.keyOf(after), limit };
  const list = await reader.between(name, range, wantedBy(call));
  const time = `${baseOf(call)}/channel/${name}/time`;
  const next = list.hasNext
    ? `${time}/${parts.join("/")}?limit=${limit}&after=${list.last!.id}`
    : until <= clock()
    ? `${time}/${pathOf(until, unit)}`
    : undefined;
  return await answer(call, name, list, limit, {
    self: `${time}/${parts.join("/")}`,
    next,
    previous: from > 0 ? `${time}/${pathOf(from - 1, unit)}` : undefined,
  });
}

export async function showStatus(call: Call): Promise<Response> {
  const { channels, items: stored, clock } = call.services;
  const name = param(call, "name"), channel = `${baseOf(call)}/channel/${name}`;
  const [latest, items] = await Promise.all([stored.newest(name), channels.count(name)]);
  return json({
    _links: { self: { href: `${channel}/status` }, latest: { href: `${channel}/latest` } },
    latest: latest === undefined ? null : { id: latest.id, timestamp: iso(latest.time) },
    lag: latest === undefined ? null : Math.max(0, clock() - latest.time),
    items,
  });
}

export async function showRate(call: Call<typeof RateQuery>): Promise<Response> {
  const { reader, clock } = call.services;
  const { last = 60 * UNIT_MS.minute, every: asked = UNIT_MS.minute } = call.query;
  const every = Math.max(UNIT_MS.second, asked), name = param(call, "name");
  const channel = `${baseOf(call)}/channel/${name}`, until = clock() + 1;
  if (last / every > MOST_STEPS) throw invalid(`last and every make more than ${MOST_STEPS} steps`);
  const { steps, isCut } = await reader.rate(name, until - last, until, every);
  return json({
    _links: { self: { href: `${channel}/rate` }, channel: { href: channel } },
    everyMillis: every,
    atLeast: isCut,
    steps: steps.map(({ from, items }) => ({ from: iso(from), items })),
  });
}

/** The midnight, hour … that the parts of a path name, in milliseconds since the epoch. */
function startOf(parts: readonly string[]): number {
  const [year, month, day, hour = "00", minute = "00", second = "00"] = parts;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(text);
  if (!Number.isNaN(time) && time >= 0 && iso(time) === text) return time;
  throw invalid(
    `${
      parts.join("/")
    } is no time: write year, month and day, such as 2026/01/02, and as you need hour/minute/second`,
  );
}

function pathOf(time: number, unit: Unit): string {
  return iso(time).slice(0, 19).split(/[-T:]/).slice(0, UNITS.indexOf(unit) + 3).join("/");
}

/** Contents are read page by page: a list of them needs its ends alone. */
function wantedBy({ query }: Call<typeof ItemsQuery>): Wanted {
  return query.bulk ? "ends" : "items";
}

function countOf(call: Pick<Call, "context">): number {
  const text = param(call, "n"), count = Number(text);
  if (/^\d{1,5}$/.test(text) && count >= 1 && count <= MAX_LIST) return count;
  throw invalid(`${text} is no number of items: ask for 1 to ${MAX_LIST}`);
}

function goTo(call: Call, name: string, item: Pick<ListedItem, "id"> | undefined): Response {
  if (item === undefined) throw new RunnelError("item-not-found", `channel ${name} has no item there`);
  return seeOther(`${baseOf(call)}/channel/${name}/${item.id}`);
}

/** Waits for an item after a position, for so many milliseconds. */
async function arrival(call: Call, name: string, after: bigint, wait: number): Promise<void> {
  const { channels, hub, reader } = call.services;
  const channel = await channels.get(name);
  await waitFor(call, async (ended) => {
    const signal = AbortSignal.any([AbortSignal.timeout(wait), ended]);
    for await (const _ of follow({ channels, hub, reader }, channel, { after }, undefined, signal)) return;
  });
}

function render(
  call: Call<typeof ItemsQuery>,
  list: ItemList,
  self: string,
  count: number,
): Promise<Response> {
  const name = param(call, "name"), channel = `${baseOf(call)}/channel/${name}`;
  const { first, last } = list;
  return answer(call, name, list, count, {
    self: `${channel}/${self}`,
    next: list.hasNext ? `${channel}/${last!.id}/next/${count}` : undefined,
    previous: list.hasPrevious ? `${channel}/${first!.id}/previous/${count}` : undefined,
  });
}

interface Links {
  readonly self: string;
  readonly next: string | undefined;
  readonly previous: string | undefined;
}

async function answer(
  call: Call<typeof ItemsQuery>,
  name: string,
  list: ItemList,
  count: number,
  links: Links,
): Promise<Response> {
  if (call.query.bulk) return await answerContents(call, name, list, count, links);
  const { gap } = list;
  const channel = `${baseOf(call)}/channel/${name}`;
  const { self, next, previous } = links;
  const shown = {
    self: { href: self },
    ...(next !== undefined && { next: { href: next } }),
    ...(previous !== undefined && { previous: { href: previous } }),
  };
  return await jsonList(call, {
    before: `{"_links":${JSON.stringify(shown)},"items":[`,
    elements: call.services.reader.heads(name, list, (items) => listedItems(items, channel)),
    after: () => gap === undefined ? "]}" : `],"gap":${JSON.stringify(gap)}}`,
  });
}

async function answerContents(
  call: Call,
  name: string,
  list: ItemList,
  count: number,
  { next, previous }: Links,
): Promise<Response> {
  const { request, services: { reader } } = call;
  const hold = new Hold(call);
  hold.atLeast(Math.min(count * USUAL_CONTENT, CONTENTS_FIRST));
  const link = [next && `<${next}>;rel="next"`, previous && `<${previous}>;rel="previous"`].filter(Boolean);
  const headers = {
    Vary: "Accept",
    ...(link.length > 0 && { Link: link.join(", ") }),
    // Lines of JSON name no ids: this is where a reader goes on, also when there is no next page yet.
    ...(list.last !== undefined && { "Last-Item": list.last.id }),
  };
  const accept = request.headers.get("accept");
  const lineType = NDJSON_TYPES.find((type) =>
    accept?.toLowerCase().includes(type) && qualityOf(accept, type) > 0
  );
  if (lineType !== undefined) {
    const lines = await reader.lines(name, list, (bytes) => {
      checkPresence(request);
      hold.atLeast(bytes);
    });
    return await streamed(call, released(lines), {
      type: lineType,
      headers,
      hold,
      isPaged: true,
    });
  }
  const boundary = `runnel-${crypto.randomUUID()}`;
  const channel = `${baseOf(call)}/channel/${name}`;
  const pages = reader.bulk(name, list, (rows) => heldPage(partsOf(rows, boundary, channel), hold));
  const pieces = multipartPieces(pages, boundary);
  const type = `multipart/mixed; boundary=${boundary}`;
  return await streamed(call, released(pieces), { type, headers, hold, isPaged: true });
}
