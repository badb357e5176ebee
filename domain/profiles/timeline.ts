/** Which points a timeline has: the schemas that validate and document its query, and the points themselves. */
import { z } from "zod";
import { BUCKET_MS } from "../../db/profiles/events.ts";
import { Context } from "./names.ts";

const MAX_POINTS = 10_000;
const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };
const LATEST = Date.UTC(9999, 11, 31);

const WANTED_TIME = "an ISO 8601 time such as 2026-01-02T03:04:05Z, or milliseconds since the epoch";

/** A moment, as milliseconds since the epoch. A time without a zone is in UTC. */
export const Time = z.union([z.string(), z.number()], { error: WANTED_TIME }).transform((value, context) => {
  const time = readTime(value);
  if (time >= 0 && time <= LATEST) return time;
  context.addIssue({ code: "custom", message: WANTED_TIME });
  return z.NEVER;
});

const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

function readTime(value: string | number): number {
  if (typeof value === "number") return Number.isInteger(value) ? value : NaN;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  const [, time, , , zone] = ISO.exec(value) ?? [undefined, "", "", "", ""];
  if (!ISO.test(value)) return NaN;
  return Date.parse(time !== undefined && zone === undefined ? `${value}Z` : value);
}

const WANTED_BUCKET =
  "a number of minutes, hours or days that is a multiple of 5 minutes, such as 5m, 1h or 1d";

const Bucket = z.string().transform((value, context) => {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  const length = Number(count) * (UNITS[unit ?? ""] ?? NaN);
  if (length > 0 && length % BUCKET_MS === 0) return length;
  context.addIssue({ code: "custom", message: WANTED_BUCKET });
  return z.NEVER;
});

/** What the query of a timeline may say. */
export const TimelineOptions = z.object({
  from: Time.optional().meta({
    description: `First moment: ${WANTED_TIME}. 24 hours before \`to\` unless given.`,
  }),
  to: Time.optional().meta({ description: "Last moment, included. Now unless given." }),
  bucket: Bucket.optional().meta({ description: `What a point counts: ${WANTED_BUCKET}. 5m unless given.` }),
  context: Context.optional().meta({ description: "Only events with this context." }),
});

/** The points of a timeline, in buckets of five minutes since the epoch. */
export interface Points {
  /** First bucket of the first point. */
  readonly from: number;
  /** Last bucket of the last point. */
  readonly to: number;
  /** Buckets in a point. */
  readonly step: number;
  readonly count: number;
}

/** The points from one moment to another, both included, or what is wrong with them. Aligned to the epoch. */
export function pointsOf(
  { from, to, bucket = BUCKET_MS }: Pick<z.output<typeof TimelineOptions>, "from" | "to" | "bucket">,
  now: number,
): Points | { readonly path: string; readonly message: string } {
  const last = to ?? Math.max(now, from ?? now);
  const first = from ?? last - DAY_MS;
  if (first > last) return { path: "from", message: "from is after to" };
  const step = bucket / BUCKET_MS;
  const start = Math.floor(first / bucket) * step;
  const count = Math.floor(last / bucket) - Math.floor(first / bucket) + 1;
  if (count > MAX_POINTS) {
    const message = `these are ${count} points, at most ${MAX_POINTS} are allowed: take a larger bucket`;
    return { path: "bucket", message };
  }
  return { from: start, to: start + count * step - 1, step, count };
}
