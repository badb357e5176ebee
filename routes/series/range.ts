/** Which part of a series a query asks for, and how it is reduced. */
import type { z } from "zod";
import type { DeleteQuery, ReadQuery } from "../../api/series.ts";
import { invalid } from "../../domain/errors.ts";
import { parseAggregates } from "../../domain/series/bins/aggregates.ts";
import type { BinOptions } from "../../domain/series/bins/downsample.ts";
import type { Origin } from "../../domain/series/bins/grid.ts";
import { parseWhere } from "../../domain/series/bins/where.ts";
import { parseEvery, parseOffset } from "../../domain/series/bins/width.ts";
import { parseRangeEnd, parseRangeStart, parseTime, UNIT_NS } from "../../domain/series/frame/stamps.ts";
import type { SeriesPart } from "../../domain/series/series.ts";
import type { SeriesRange } from "../../domain/series/storage/open.ts";
import type { Version } from "../../domain/series/storage/revisions.ts";

/** The rows and columns that a query names. Bad bounds: RunnelError. */
export function partOf({ start, end, columns }: Omit<z.output<typeof DeleteQuery>, "forget">): SeriesPart {
  return {
    start: start === undefined ? undefined : parseRangeStart(start),
    end: end === undefined ? undefined : parseRangeEnd(end),
    columns: columns?.split(","),
  };
}

/** What a query asks to read. Bad parts: RunnelError. */
export function rangeOf(query: z.output<typeof ReadQuery>): SeriesRange {
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
