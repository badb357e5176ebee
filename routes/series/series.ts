/** Time series: save and retrieve data frames as pandas writes them, list them, let them expire. */
import type { Context } from "hono";
import { z } from "zod";
import { type FrameFormat, prepareText } from "../../domain/series/answer.ts";
import { parseEvery } from "../../domain/series/frame/downsample.ts";
import { AGGREGATES } from "../../domain/series/frame/reducers.ts";
import { type Orient, ORIENTS } from "../../domain/series/formats/read_frame.ts";
import { SAVE_MODES } from "../../domain/series/storage/rewrite.ts";
import type { SeriesName } from "../../domain/series/storage/save.ts";
import type { ListedSeries } from "../../domain/series/series.ts";
import { DATE_FORMATS } from "../../domain/series/formats/stamp_cells.ts";
import { DATE_UNITS, formatStamp, parseRangeEnd, parseRangeStart } from "../../domain/series/frame/stamps.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";
import { qualityOf } from "../conditional.ts";
import { type BaseUrl, check, readBody } from "../request.ts";
import { json, jsonArray, streamed } from "../respond.ts";
import type { Route, RouteReference } from "../route.ts";
import { seriesReference } from "./reference.ts";

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: ({ input }) => `${JSON.stringify(input)} is none of ${values.join(", ")}` });
const wholeNumber = (name: string) =>
  z.string().regex(/^\d{1,15}$/, `${name} is a whole number`).transform(Number);

const Shape = z.object({
  jsonformat: oneOf(ORIENTS).optional().meta({
    description: "Shape of the JSON, as in pandas; columns unless given",
  }),
  json_format: oneOf(ORIENTS).optional().meta({ description: "The same as `jsonformat`" }),
  date_unit: oneOf(DATE_UNITS).optional().meta({ description: "Unit of stamps that are numbers" }),
});

const SaveQuery = Shape.extend({
  mode: oneOf(SAVE_MODES).default("replace").meta({
    description: "replace: the rows between the first and last stamp are replaced; merge: cells are updated",
  }),
});

const flag = z.enum(["0", "1", "false", "true"], "0 or 1").transform((text) =>
  text === "1" || text === "true"
);
const ReadQuery = Shape.extend({
  date_format: oneOf(DATE_FORMATS).optional().meta({
    description: "How stamps are written; iso unless given",
  }),
  include_index: flag.optional().meta({ description: "Records begin with their stamp, as `index`" }),
  start: z.string().optional().meta({
    description: "First stamp, inclusive, ISO 8601",
    example: "2020-01-31",
  }),
  end: z.string().optional().meta({ description: "Last stamp, inclusive; a day or month counts whole" }),
  columns: z.string().optional().meta({
    description: "Names of columns, separated by commas",
    example: "open,close",
  }),
  limit: wholeNumber("limit").optional().meta({ description: "The first rows only" }),
  tail: wholeNumber("tail").optional().meta({ description: "The last rows only" }),
  every: z.string().optional().meta({ description: "Reduce to bins of this width", example: "1h" }),
  agg: oneOf(AGGREGATES).optional().meta({
    description: "What becomes of the cells of a bin; mean unless given",
  }),
});

/** Later would overflow stamps, which are nanoseconds in 64 bits. */
const MAX_TTL = 9_000_000_000_000;
const ttlMessage = `a whole number of milliseconds from 1 to ${MAX_TTL}, or null for no expiry`;
const TtlQuery = z.object({
  ttlMillis: z.string(ttlMessage).refine(
    (text) => text === "null" || (/^\d{1,13}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TTL),
    ttlMessage,
  ).transform((text) => text === "null" ? null : Number(text)),
});

const Name = z.string().refine(
  (name) => name !== "" && [...name].length <= 200,
  "a name has 1 to 200 characters",
);

/** Content types that say nothing, or what curl and Python send unasked, count as JSON. */
const JSON_TYPES = /^(application\/([^;\s]+\+)?json|text\/plain|application\/x-www-form-urlencoded)\s*(;|$)/i;
const TYPES = {
  json: "application/json",
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson",
} as const;

export function seriesRoutes(
  { series, maxFrameBytes, log }: Pick<Services, "series" | "maxFrameBytes" | "log">,
  baseUrl: BaseUrl,
): Route[] {
  const route = (
    method: Route["method"],
    path: string,
    summary: string,
    reference: RouteReference,
    handle: Route["handle"],
  ): Route => ({
    method,
    path,
    scope: method === "GET" ? "series:read" : "series:write",
    summary,
    reference,
    handle,
  });
  const { listing, saving, reading, removing, expiring } = seriesReference({
    SaveQuery,
    ReadQuery,
    TtlQuery,
  });
  return [
    route("GET", "/api/store", "List references", listing, references),
    route("GET", "/api/store/:reference", "List the series of a reference", listing, symbols),
    route("PATCH", "/api/store/:reference", "Set how long rows live", expiring, expire),
    route("GET", "/api/store/:reference/:symbol", "Retrieve a data frame", reading, retrieve),
    route("PUT", "/api/store/:reference/:symbol", "Save a data frame", saving, save),
    route("POST", "/api/store/:reference/:symbol", "Save a data frame", saving, save),
    route("DELETE", "/api/store/:reference/:symbol", "Delete a series", removing, remove),
  ];

  async function save({ req }: Context): Promise<Response> {
    const name = seriesName(req.raw);
    const query = check(req.query(), SaveQuery);
    const format = contentFormat(req.raw.headers.get("content-type"), orientOf(query));
    const declared = Number(req.raw.headers.get("content-length")) || 0;
    await series.admit(Math.min(declared, maxFrameBytes), async () => {
      const bytes = await readBody(req.raw, maxFrameBytes);
      // What comes without a length is counted once it is here.
      await series.admit(declared > 0 ? 0 : bytes.length, async () => {
        const frame = await series.parse({ bytes, format, options: { dateUnit: query.date_unit } });
        await series.save(name, frame, query.mode);
      });
    });
    return json({ status: true });
  }

  async function retrieve({ req }: Context): Promise<Response> {
    const name = seriesName(req.raw);
    const query = check(req.query(), ReadQuery);
    const type = answerType(req.raw.headers.get("accept"));
    const format = type === "json" ? orientOf(query) : type;
    const source = await series.open(name, rangeOf(query));
    const text = await prepareText(source, format, {
      dateFormat: query.date_format,
      dateUnit: query.date_unit,
      includeIndex: query.include_index,
    });
    return await streamed(req.raw, text, { type: TYPES[type], headers: { Vary: "Accept" }, log });
  }

  async function remove({ req }: Context): Promise<Response> {
    await series.remove(seriesName(req.raw));
    return json({ status: true });
  }

  async function references({ req }: Context): Promise<Response> {
    const base = baseUrl(req.raw);
    return await jsonArray(req.raw, series.references(), ({ reference, symbols, ttlMillis }) => ({
      reference,
      symbols,
      ...(ttlMillis !== null && { ttlMillis }),
      href: `${base}/api/store/${encodeURIComponent(reference)}`,
    }), log);
  }

  async function symbols({ req }: Context): Promise<Response> {
    const { reference } = await series.reference(names(req.raw)[0]!);
    const base = `${baseUrl(req.raw)}/api/store/${encodeURIComponent(reference)}`;
    return await jsonArray(req.raw, series.list(reference), (listed) => describe(listed, base), log);
  }

  async function expire({ req }: Context): Promise<Response> {
    const [reference] = names(req.raw);
    const { ttlMillis } = check(req.query(), TtlQuery);
    await series.setTtl(reference!, ttlMillis);
    return json({ reference, ttlMillis });
  }
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
  const path = new URL(url).pathname.split("/").slice(3).filter((part) => part !== "");
  return path.map((part, i) => {
    try {
      return check(decodeURIComponent(part), Name);
    } catch (error) {
      const why = error instanceof RunnelError ? error.message : "it is not percent-encoded UTF-8";
      const path = ["reference", "symbol"][i]!;
      throw new RunnelError("invalid-request", `${path}: ${why}`, [{ path, message: why }]);
    }
  });
}

function orientOf({ jsonformat, json_format }: z.output<typeof Shape>): Orient {
  if (jsonformat !== undefined && json_format !== undefined && jsonformat !== json_format) {
    throw new RunnelError("invalid-request", "jsonformat and json_format differ: send one of them");
  }
  return jsonformat ?? json_format ?? "columns";
}

function contentFormat(type: string | null, orient: Orient): FrameFormat {
  if (type === null || JSON_TYPES.test(type)) return orient;
  if (/^text\/csv\s*(;|$)/i.test(type)) return "csv";
  if (/^application\/(x-)?ndjson\s*(;|$)/i.test(type)) return "ndjson";
  throw new RunnelError(
    "unsupported-media-type",
    `a frame is application/json, text/csv or application/x-ndjson, not ${type}`,
  );
}

/** What the client likes best; the first when it has no preference. */
function answerType(accept: string | null): keyof typeof TYPES {
  let best: keyof typeof TYPES | undefined, most = 0;
  for (const type of ["json", "csv", "ndjson"] as const) {
    const quality = qualityOf(accept, TYPES[type]);
    if (quality > most) [best, most] = [type, quality];
  }
  if (best !== undefined) return best;
  throw new RunnelError("not-acceptable", "a frame is application/json, text/csv or application/x-ndjson");
}

function rangeOf(query: z.output<typeof ReadQuery>) {
  const { start, end, columns, limit, tail, every, agg } = query;
  if (limit !== undefined && tail !== undefined) {
    throw invalid("limit and tail: ask for one of them.");
  }
  if (agg !== undefined && every === undefined) throw invalid("agg needs every, such as every=1h.");
  return {
    start: start === undefined ? undefined : parseRangeStart(start),
    end: end === undefined ? undefined : parseRangeEnd(end),
    columns: columns?.split(","),
    limit,
    tail,
    every: every === undefined ? undefined : parseEvery(every),
    aggregate: agg,
  };
}
