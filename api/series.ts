/** The wire shapes of time series. Frames themselves are the user's own data. */
import { z } from "zod";
import { ORIENTS } from "../domain/series/formats/json/read_frame.ts";
import { CSV_HEADERS } from "../domain/series/formats/options.ts";
import { DATE_FORMATS } from "../domain/series/formats/text/stamp_cells.ts";
import { FILLS } from "../domain/series/bins/fill.ts";
import { SIDES } from "../domain/series/bins/grid.ts";
import { DUPLICATES } from "../domain/series/frame/frame.ts";
import { DATE_UNITS } from "../domain/series/frame/stamps.ts";
import { SAVE_MODES } from "../domain/series/storage/rewrite.ts";
import { isTimeZone } from "../domain/time.ts";
import { NAIVE } from "../domain/series/frame/zone.ts";
import { CHANGES } from "../domain/series/storage/revisions.ts";
import { flag, Moment, oneOf, settings, wholeNumber } from "./parameters.ts";

const MOST_ROWS = 999_999_999_999_999;

/** How a frame is shaped as JSON. */
export const Shape = z.object({
  jsonformat: oneOf(ORIENTS, "Shape of the JSON, as in pandas; columns unless given").optional(),
  json_format: oneOf(ORIENTS, "The same as `jsonformat`").optional(),
  date_unit: oneOf(DATE_UNITS, "Unit of stamps that are numbers").optional(),
});

const FORMATS = ["json", "csv", "ndjson", "arrow", "feather", "parquet"] as const;
const format = (description: string) => oneOf(FORMATS, description).optional();

/** How a frame is saved. Python's client of the published description sends `date_format` here, too. */
export const SaveQuery = Shape.extend({
  format: format("What the body is, whatever Content-Type says"),
  date_format: oneOf(DATE_FORMATS, "Without effect when saving").optional(),
  tz: z.string().refine(
    (name) => name === NAIVE || isTimeZone(name),
    "an IANA time zone, such as America/New_York, or naive",
  ).optional().meta({
    description: "What stamps without an offset are: local times of this zone, which the series keeps. " +
      "naive: stamps lose their zone and are in UTC",
    example: "UTC",
  }),
  index: z.string().optional().meta({
    description:
      "Column of a body in CSV, Arrow or Parquet that holds the stamps. Unless given: pandas' index, else the first " +
      "that is called date, datetime, time, timestamp, ts, t or index in any case, else the first (in Arrow and Parquet: of times)",
    example: "Open time",
  }),
  header: oneOf(
    CSV_HEADERS,
    "none: the first line of a CSV is a row, and columns are called 0, 1, 2 and so on",
  ).optional(),
  mode: oneOf(
    SAVE_MODES,
    "replace: the rows between the first and last stamp are replaced; merge: cells are updated, null clears one, and one that is not named stays; append: only after the last row",
  ).default("replace"),
});

/** Which part of a frame is meant. */
const Part = z.object({
  start: z.string().optional().meta({
    description: "First stamp, inclusive, ISO 8601",
    example: "2020-01-31",
  }),
  end: z.string().optional().meta({ description: "Last stamp, inclusive; a day or month counts whole" }),
  columns: z.string().optional().meta({
    description: "Names of columns, separated by commas",
    example: "open,close",
  }),
});

/** Which part of a series is removed; all of it unless one is given. */
export const DeleteQuery = Part.extend({
  forget: flag("Earlier revisions are no longer kept: what is removed cannot be restored").optional(),
});

/** How rows are reduced to bins. */
const Bins = z.object({
  every: z.string().optional().meta({
    description:
      "Reduce to bins of this width: a sum of ns, us, ms, s, m, h, d and w, such as 1h30m, or months, quarters or years (1mo, 1q, 1y)",
    example: "1h",
  }),
  agg: z.string().max(10_000).optional().meta({
    description:
      "What becomes of the cells of a bin, mean unless given: mean, sum, min, max, first, last, count, " +
      "ohlc, median, std, var, range, delta (last less first), rate (delta a second), p0 to p100, for all columns or " +
      "by column, several joined by +; vwap(price,volume). Percentiles are exact up to 262,144 cells a bin, beyond " +
      "within 0.5 % of the cell of their rank (DDSketch). Sums of integers beyond 64 bits are floats",
    example: "open:first,high:max,low:min,close:last,volume:sum",
  }),
  tz: z.string().refine(isTimeZone, "the name of a time zone, such as America/New_York").optional().meta({
    description:
      "Time zone of days, weeks, months, quarters and years, and of midnights; unless given that of the series, else UTC. A day has 23 or 25 hours where clocks change",
    example: "America/New_York",
  }),
  origin: z.string().optional().meta({
    description:
      "Where bins are counted from: epoch unless given (weeks from Monday), start_of_day (anew each midnight), start_day (midnight of the first row, as pandas has it), or a time, in `tz` unless it has a zone",
    example: "epoch",
  }),
  offset: z.string().optional().meta({ description: "Shifts all bins, such as 9h30m or -15m" }),
  closed: oneOf(SIDES, "Which end belongs to a bin; left unless given").optional(),
  label: oneOf(SIDES, "Which end names a bin; left unless given").optional(),
  fill: oneOf(
    FILLS,
    "Bins without cells: none leaves out those without rows; null; previous; linear, by time; 0. Unless given, null, and 0 for sum",
  ).optional(),
});

/** Which part of a frame is read, and how it is written. */
export const ReadQuery = Shape.extend({
  ...Part.shape,
  asOf: z.string().optional().meta({
    description: "As the series was: the number of a revision, or an ISO time",
    example: "3",
  }),
  format: format("What the answer is, whatever Accept says"),
  date_unit: oneOf(
    [...DATE_UNITS, "auto"],
    "Unit of stamps; auto: the coarsest, ms at least, that keeps them apart. " +
      "Unless given: auto where stamps are keys and in CSV and NDJSON, which have them exactly; else ms",
  ).optional(),
  double_precision: z.string().regex(/^(\d|1[0-5]|full)$/, "0 to 15, or full").transform((text) =>
    text === "full" ? text : Number(text)
  ).optional().meta({
    description:
      "Decimals of floats in JSON, 0 to 15, 10 unless given; full: they read back as the same doubles",
    example: "full",
  }),
  date_format: oneOf(DATE_FORMATS, "How stamps are written; iso unless given").optional(),
  include_index: flag("Records begin with their stamp, as `index`").optional(),
  limit: wholeNumber(0, MOST_ROWS, "The first rows only").optional(),
  tail: wholeNumber(0, MOST_ROWS, "The last rows only").optional(),
  order: oneOf(["asc", "desc"], "desc: the last first; rows then need `limit` or `tail`, bins do not")
    .optional(),
  where: z.string().optional().meta({
    description:
      "Only rows whose cells are so: >, >=, <, <=, = or !=, several joined by commas; null never is",
    example: "close>100",
  }),
  ...Bins.shape,
});

const DUPLICATES_MEANT =
  "Rows that share a stamp (ticks): refuse, as long as nothing else was said, or keep, in the order that they came";
/** Later would overflow stamps, which are nanoseconds in 64 bits. */
const MAX_TTL = 9_000_000_000_000;
const ttlMessage = `a whole number of milliseconds from 1 to ${MAX_TTL}, or null for no expiry`;
/** What holds for the series of a reference, as its query has it. */
export const ReferenceQuery = z.object({
  duplicates: oneOf(DUPLICATES, DUPLICATES_MEANT).optional(),
  ttlMillis: z.string(ttlMessage).refine(
    (text) => text === "null" || (/^\d{1,13}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TTL),
    ttlMessage,
  ).transform((text) => text === "null" ? null : Number(text)).optional(),
});
/** The same as a body. */
export const ReferenceBody = settings({
  duplicates: z.enum(DUPLICATES, `one of ${DUPLICATES.join(", ")}`).optional().meta({
    description: DUPLICATES_MEANT,
  }),
  ttlMillis: z.int(ttlMessage).min(1, ttlMessage).max(MAX_TTL, ttlMessage).nullable().optional().meta({
    description: "Rows are gone when their stamp is older; null: never.",
  }),
});

/** A frame as JSON, in whichever orient was asked for. */
export const Frame = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).meta({ id: "Frame" });

/** What is done. */
export const Done = z.strictObject({ status: z.literal(true) }).meta({ id: "Done" });
/** What is removed, and of how many rows where a part was named. */
export const Removed = Done.extend({ rows: z.int().optional() }).meta({ id: "Removed" });

/** A state of a series. */
export const Revision = z.strictObject({
  revision: z.int(),
  time: Moment,
  rows: z.int().meta({ description: "Rows that it has." }),
  change: z.enum(CHANGES).meta({ description: "What made it." }),
}).meta({ id: "Revision" });
/** How many revisions. */
export const RevisionsQuery = z.object({
  limit: wholeNumber(1, 10_000, "At most so many revisions, the newest; all unless given.").optional(),
});
/** What a series was and is, the newest first. */
export const Revisions = z.array(Revision);

/** Which revision becomes the newest. */
export const RestoreBody = settings({
  revision: z.int("a whole number from 1").min(1, "a whole number from 1"),
});

/** A reference with what it holds. */
export const ListedReference = z.strictObject({
  reference: z.string(),
  symbols: z.int(),
  ttlMillis: z.int().optional().meta({ description: "Absent: rows are kept for ever." }),
  duplicates: z.literal("keep").optional().meta({
    description: "Absent: rows that share a stamp are refused.",
  }),
  href: z.url(),
}).meta({ id: "Reference" });
/** References, in order of their names. */
export const References = z.array(ListedReference);

/** A series. */
export const ListedSymbol = z.strictObject({
  symbol: z.string(),
  rows: z.int(),
  first: z.string().meta({ description: "Stamp of the first row, ISO 8601." }),
  last: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  href: z.url(),
}).meta({ id: "Symbol" });
/** Series, in order of their names. */
export const Symbols = z.array(ListedSymbol);

/** A series among those of all references. */
export const SavedSeries = ListedSymbol.extend({
  reference: z.string(),
  saved: Moment.meta({ description: "When it was saved last. Rows that went since do not change it." }),
}).meta({ id: "SavedSeries" });
/** Series of all references, the one saved last first. */
export const NewestSeries = z.array(SavedSeries);
/** How many series. */
export const NewestSeriesQuery = z.object({
  limit: wholeNumber(1, 100, "At most so many series.").default(20),
});

/** Which series of a reference. */
export const SymbolsQuery = z.object({
  symbol: z.string().optional().meta({ description: "Only this one." }),
  after: z.string().optional().meta({ description: "Only series whose symbols come after this one." }),
  limit: wholeNumber(1, 10_000, "At most so many series; all unless given.").optional(),
});

/** What holds for the series of a reference. */
export const ReferenceSettings = z.strictObject({
  reference: z.string(),
  ttlMillis: z.int().nullable(),
  duplicates: z.enum(DUPLICATES),
}).meta({ id: "ReferenceSettings" });
