/** Time series: save and retrieve data frames as pandas writes them, list them, let them expire. */
import { z } from "zod";
import { type FrameFormat, prepareFrame, type TypedFormat } from "../../domain/series/answer.ts";
import { parseAggregates } from "../../domain/series/bins/aggregates.ts";
import type { BinOptions } from "../../domain/series/bins/downsample.ts";
import type { Origin } from "../../domain/series/bins/grid.ts";
import { parseWhere } from "../../domain/series/bins/where.ts";
import { parseEvery, parseOffset } from "../../domain/series/bins/width.ts";
import type { Orient } from "../../domain/series/formats/read_frame.ts";
import { type FrameSource, MemorySource } from "../../domain/series/storage/source.ts";
import type { SeriesName } from "../../domain/series/storage/save.ts";
import type { ListedSeries } from "../../domain/series/series.ts";
import {
  formatStamp,
  parseRangeEnd,
  parseRangeStart,
  parseTime,
  UNIT_NS,
} from "../../domain/series/frame/stamps.ts";
import type { RevisionRow, Version } from "../../domain/series/storage/revisions.ts";
import { invalid, invalidPart, RunnelError } from "../../domain/errors.ts";
import { codingFor, readDecoded } from "../serving/compression.ts";
import { checkPreconditions, etagOf, preconditionOf, qualityOf } from "../conditional.ts";
import type { Peer } from "../serving/peer.ts";
import { check, pathParts, readJsonOfAnyType, readOptionalJson } from "../request.ts";
import { json } from "../respond.ts";
import { described, jsonList, single, streamed } from "../answers/stream.ts";
import { Hold } from "../serving/answers.ts";
import { baseOf, type Call, del, get, patch, post, put, type Route } from "../route.ts";
import {
  type DeleteQuery,
  type ReadQuery,
  ReferenceBody,
  type ReferenceQuery,
  RestoreBody,
  type RevisionsQuery,
  type SaveQuery,
  type Shape,
  type SymbolsQuery,
} from "../../api/series.ts";
import { CHANGE, DELETE, REFERENCES, RESTORE, RETRIEVE, REVISIONS, SAVE, SYMBOLS } from "./reference.ts";
import { isNdjson, NDJSON_TYPES } from "../../domain/ndjson.ts";
import { DOTS_REFUSED, isDots } from "../../domain/names.ts";
import { iso } from "../../domain/time.ts";

const Name = z.string().refine(
  (name) => name !== "" && [...name].length <= 200,
  "a name has 1 to 200 characters",
).refine((name) => !isDots(name), DOTS_REFUSED);

/** Content types that say nothing, or what curl and Python send unasked, count as JSON. */
const JSON_TYPES = /^(application\/([^;\s]+\+)?json|text\/plain|application\/x-www-form-urlencoded)\s*(;|$)/i;
/** What a frame may be answered as, the most likely first. */
const ANSWERS: readonly (readonly ["json" | "csv" | "ndjson" | TypedFormat, type: string])[] = [
  ["json", "application/json"],
  ["csv", "text/csv; charset=utf-8"],
  ...NDJSON_TYPES.map((type) => ["ndjson", type] as const),
  ["arrow", "application/vnd.apache.arrow.stream"],
  ["feather", "application/vnd.apache.arrow.file"],
  ["parquet", "application/vnd.apache.parquet"],
];
/** Bytes that are read of a series before its size is known, and those of a row, and of a text in a cell, about. */
const READ_FIRST = 128 << 10, USUAL_ROW = 1 << 10, TEXT_BYTES = 32;
const FRAME_TYPES =
  "application/json, text/csv, application/x-ndjson, application/vnd.apache.arrow.stream, " +
  "application/vnd.apache.arrow.file or application/vnd.apache.parquet";

/** Notes that a header repeats. */
const MOST_NOTES = 10;

export const seriesRoutes: readonly Route[] = [
  get("/api/store", "series:read", REFERENCES, listReferences),
  get("/api/store/:reference", "series:read", SYMBOLS, listSymbols),
  patch("/api/store/:reference", "series:write", CHANGE, changeReference),
  get("/api/store/:reference/:symbol", "series:read", RETRIEVE, retrieveFrame),
  put("/api/store/:reference/:symbol", "series:write", SAVE, saveFrame),
  post("/api/store/:reference/:symbol", "series:write", SAVE, saveFrame),
  del("/api/store/:reference/:symbol", "series:write", DELETE, removeSeries),
  get("/api/store/:reference/:symbol/revisions", "series:read", REVISIONS, listRevisions),
  post("/api/store/:reference/:symbol/restore", "series:write", RESTORE, restoreRevision),
];

export async function saveFrame(call: Call<typeof SaveQuery>): Promise<Response> {
  const { request, query, services } = call;
  const { series, maxFrameBytes } = services;
  const name = seriesName(request);
  const format = formatOf(query) ?? contentFormat(request.headers.get("content-type"), orientOf(query));
  if (query.index !== undefined && !["csv", "arrow", "feather", "parquet"].includes(format)) {
    throw invalid("index names a column of CSV, Arrow or Parquet: the body is none.");
  }
  // What a compressed body has is known when it is here.
  const isPlain = !request.headers.has("content-encoding");
  const declared = isPlain ? Math.min(Number(request.headers.get("content-length")) || 0, maxFrameBytes) : 0;
  await series.saveBody(name, {
    declared,
    read: () => readDecoded(call, maxFrameBytes),
    format,
    options: { dateUnit: query.date_unit, tz: query.tz, index: query.index },
    mode: query.mode,
    precondition: preconditionOf(request.headers),
  });
  return json({ status: true });
}

export async function retrieveFrame(call: Call<typeof ReadQuery>): Promise<Response> {
  const { request, query, services: { series } } = call;
  const name = seriesName(request);
  const asked = ANSWERS.find(([kind]) => kind === query.format);
  const [kind, type] = asked ?? answerType(request.headers.get("accept"));
  const format = kind === "json" ? orientOf(query) : kind;
  const hold = new Hold(call);
  hold.atLeast(Math.min(READ_FIRST, (query.limit ?? query.tail ?? Infinity) * USUAL_ROW));
  const source = await series.open(name, rangeOf(query));
  hold.keep(heldBySource(source));
  const headers = {
    Vary: "Accept, Accept-Encoding",
    ETag: etagOf(source.revision),
    ...(source.notes?.length && { "Runnel-Note": source.notes.slice(0, MOST_NOTES).join("; ") }),
  };
  if (await isKnown(source, request.headers)) return new Response(null, { status: 304, headers });
  const pieces = await prepareFrame(source, format, {
    dateFormat: query.date_format,
    dateUnit: query.date_unit,
    includeIndex: query.include_index,
    doublePrecision: query.double_precision,
  });
  return await streamed(call, pieces, { type, headers, packing: packingFor(call), hold });
}

/** Bytes of the rows that a source has in memory, about. */
function heldBySource(source: FrameSource): number {
  if (!(source instanceof MemorySource)) return 0;
  return source.frames.reduce((sum, { stamps, columns }) => {
    const cells = columns.reduce(
      (sum, { values }) => sum + ("byteLength" in values ? values.byteLength : values.length * TEXT_BYTES),
      0,
    );
    return sum + stamps.byteLength + cells;
  }, 0);
}

/** Whether the client has these rows. Of rows that expire, a revision has fewer later. */
async function isKnown(source: FrameSource, headers: Headers): Promise<boolean> {
  try {
    if (checkPreconditions(headers, etagOf(source.revision)) === "proceed" || source.ttlMillis !== null) {
      return false;
    }
  } catch (error) {
    await source.close();
    throw error;
  }
  await source.close();
  return true;
}

/** Within a machine, packing a large answer takes longer than sending it. */
function packingFor({ request, context }: Call<typeof ReadQuery>) {
  const coding = codingFor(request.headers.get("accept-encoding"));
  const peer: Partial<Peer> = context.env;
  return coding && { coding, isNear: peer.isLocal?.(request) ?? false };
}

export async function removeSeries(
  { request, query, services: { series } }: Call<typeof DeleteQuery>,
): Promise<Response> {
  const name = seriesName(request);
  const { forget, ...part } = query;
  const isWhole = Object.values(part).every((bound) => bound === undefined);
  const precondition = preconditionOf(request.headers);
  const rows = isWhole
    ? await series.remove(name, precondition)
    : await series.removePart(name, partOf(part), precondition);
  if (forget) await series.forget(name);
  return json({ status: true, rows });
}

export async function listRevisions(call: Call<typeof RevisionsQuery>): Promise<Response> {
  const { query: { limit }, services: { series } } = call;
  const revisions = await series.revisions(seriesName(call.request));
  const listed = limit === undefined ? revisions : first(revisions, limit);
  return await jsonList(call, { elements: described(single(listed), showRevision) });
}

async function* first<T>(values: AsyncGenerator<T>, most: number): AsyncGenerator<T> {
  let told = 0;
  for await (const value of values) {
    yield value;
    if (++told === most) return;
  }
}

export async function restoreRevision(call: Call): Promise<Response> {
  const { request, services: { series } } = call;
  const name = seriesName(request);
  const { revision } = await readJsonOfAnyType(call, RestoreBody);
  return json(showRevision(await series.restore(name, revision)));
}

function showRevision({ revision, changedAt, rows, change }: RevisionRow) {
  return { revision, time: iso(changedAt), rows, change };
}

export async function listReferences(call: Call): Promise<Response> {
  const base = baseOf(call);
  const elements = described(
    single(call.services.series.references()),
    ({ reference, symbols, ttlMillis, keepsDuplicates }) => ({
      reference,
      symbols,
      ...(ttlMillis !== null && { ttlMillis }),
      ...(keepsDuplicates && { duplicates: "keep" }),
      href: `${base}/api/store/${encodeURIComponent(reference)}`,
    }),
  );
  return await jsonList(call, { elements });
}

export async function listSymbols(call: Call<typeof SymbolsQuery>): Promise<Response> {
  const { request, query, services: { series } } = call;
  const reference = names(request)[0]!;
  await series.reference(reference);
  const base = `${baseOf(call)}/api/store/${encodeURIComponent(reference)}`;
  const pages = single(series.list(reference, query));
  return await jsonList(call, { elements: described(pages, (listed) => describe(listed, base)) });
}

export async function changeReference(call: Call<typeof ReferenceQuery>): Promise<Response> {
  const { request, query, services: { series } } = call;
  const reference = names(request)[0]!;
  const body = await readOptionalJson(call, ReferenceBody);
  const { ttlMillis, duplicates } = { ...query, ...body };
  if (ttlMillis === undefined && duplicates === undefined) {
    throw invalid(
      "Nothing is set: send ttlMillis (a whole number of milliseconds, or null), duplicates, or both.",
    );
  }
  if (ttlMillis !== undefined) await series.setTtl(reference, ttlMillis);
  if (duplicates !== undefined) await series.setDuplicates(reference, duplicates);
  const settings = await series.settings(reference);
  return json({
    reference,
    ttlMillis: settings.ttlMillis,
    duplicates: settings.keepsDuplicates ? "keep" : "refuse",
  });
}

function describe({ symbol, rows, first, last, aware, columns }: ListedSeries, base: string) {
  return {
    symbol,
    rows,
    first: formatStamp(first, aware),
    last: formatStamp(last, aware),
    columns,
    href: `${base}/${encodeURIComponent(symbol)}`,
  };
}

function seriesName(request: Request): SeriesName {
  const [reference, symbol] = names(request);
  return { reference: reference!, symbol: symbol! };
}

/** The path's names, decoded exactly once: the router would decode some of them twice. */
function names({ url }: Request): string[] {
  return pathParts(url).slice(2).map((part, i) => {
    try {
      return check(decodeURIComponent(part), Name);
    } catch (error) {
      const why = error instanceof RunnelError ? error.message : "it is not percent-encoded UTF-8";
      const path = ["reference", "symbol"][i]!;
      throw invalidPart(path, why);
    }
  });
}

function orientOf(
  { jsonformat, json_format }: Pick<z.output<typeof Shape>, "jsonformat" | "json_format">,
): Orient {
  if (jsonformat !== undefined && json_format !== undefined && jsonformat !== json_format) {
    throw invalid("jsonformat and json_format differ: send one of them");
  }
  return jsonformat ?? json_format ?? "columns";
}

function formatOf(query: z.output<typeof SaveQuery>): FrameFormat | undefined {
  return query.format === "json" ? orientOf(query) : query.format;
}

function contentFormat(type: string | null, orient: Orient): FrameFormat {
  if (type === null || JSON_TYPES.test(type)) return orient;
  if (/^text\/csv\s*(;|$)/i.test(type)) return "csv";
  if (isNdjson(type)) return "ndjson";
  const essence = type.split(";", 1)[0]!.trim().toLowerCase();
  const typed = ANSWERS.find(([, each]) => each === essence)?.[0];
  if (typed !== undefined && typed !== "json") return typed;
  throw new RunnelError("unsupported-media-type", `a frame is ${FRAME_TYPES}, not ${type}`);
}

/** What the client likes best; the first when it has no preference. */
function answerType(accept: string | null): typeof ANSWERS[number] {
  let best: typeof ANSWERS[number] | undefined, most = 0;
  for (const answer of ANSWERS) {
    const quality = qualityOf(accept, answer[1]);
    if (quality > most) [best, most] = [answer, quality];
  }
  if (best !== undefined) return best;
  throw new RunnelError("not-acceptable", `a frame is ${FRAME_TYPES}`);
}

function partOf({ start, end, columns }: Omit<z.output<typeof DeleteQuery>, "forget">) {
  return {
    start: start === undefined ? undefined : parseRangeStart(start),
    end: end === undefined ? undefined : parseRangeEnd(end),
    columns: columns?.split(","),
  };
}

function rangeOf(query: z.output<typeof ReadQuery>) {
  const { limit, tail, where, order } = query;
  if (limit !== undefined && tail !== undefined) {
    throw invalid("limit and tail: ask for one of them.");
  }
  return {
    ...partOf(query),
    asOf: query.asOf === undefined ? undefined : readVersion(query.asOf),
    limit,
    tail,
    bins: binsOf(query),
    where: where === undefined ? undefined : parseWhere(where),
    isDescending: order === "desc",
  };
}

function binsOf(query: z.output<typeof ReadQuery>): BinOptions | undefined {
  const { every, agg, tz, origin, offset, closed, label, fill } = query;
  if (every === undefined) {
    for (const [name, value] of Object.entries({ agg, tz, origin, offset, closed, label, fill })) {
      if (value !== undefined) throw invalid(`${name} needs every, such as every=1h.`);
    }
    return undefined;
  }
  return {
    every: parseEvery(every),
    aggregates: parseAggregates(agg ?? "mean"),
    zone: tz,
    origin: origin === undefined ? undefined : readOrigin(origin),
    offset: offset === undefined ? undefined : parseOffset(offset),
    closed,
    label,
    fill,
  };
}

function readVersion(text: string): Version {
  if (/^\d{1,15}$/.test(text)) return { revision: Number(text) };
  return { time: Number(parseTime(text, "asOf") / UNIT_NS.ms) };
}

function readOrigin(text: string): Origin {
  if (text === "epoch" || text === "start_of_day" || text === "start_day") return text;
  return { ns: parseTime(text, "origin"), isLocal: !/^.{10}.*(z|[-+ ]\d\d(:?\d\d)?)$/i.test(text) };
}
