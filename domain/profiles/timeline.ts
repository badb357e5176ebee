/** Which points a timeline has: the schemas that validate and document its query, and the points themselves. */
import { z } from "zod";
import { BUCKET_MS } from "../../db/profiles/events.ts";
import { DAY_MS, HOUR_MS, TimeOrMillis, WANTED_TIME_OR_MILLIS } from "../time.ts";
import { Context } from "./names.ts";
import { invalidPart } from "../errors.ts";

const MAX_POINTS = 10_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: DAY_MS };

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
  from: TimeOrMillis.optional().meta({
    description: `First moment: ${WANTED_TIME_OR_MILLIS}. 24 hours before \`to\` unless given.`,
  }),
  to: TimeOrMillis.optional().meta({ description: "Last moment, included. Now unless given." }),
  bucket: Bucket.optional().meta({ description: `What a point counts: ${WANTED_BUCKET}. 5m unless given.` }),
  context: Context.optional().meta({ description: "Only events with this context." }),
  points: z.enum(["pairs", "objects"], "pairs or objects").default("pairs").meta({
    description: "How a point is written: `[time, value]` or `{time, value}`.",
  }),
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

/** The points from one moment to another, both included. Aligned to the epoch. None or too many: `invalid-request`. */
export function pointsOf(
  { from, to, bucket = BUCKET_MS }: Pick<z.output<typeof TimelineOptions>, "from" | "to" | "bucket">,
  now: number,
): Points {
  const last = to ?? Math.max(now, from ?? now);
  const first = from ?? last - DAY_MS;
  if (first > last) throw invalidPart("from", "it is after to");
  const step = bucket / BUCKET_MS;
  const start = Math.floor(first / bucket) * step;
  const count = Math.floor(last / bucket) - Math.floor(first / bucket) + 1;
  if (count > MAX_POINTS) {
    throw invalidPart(
      "bucket",
      `these are ${count} points, at most ${MAX_POINTS} are allowed: take a larger bucket`,
    );
  }
  return { from: start, to: start + count * step - 1, step, count };
}
