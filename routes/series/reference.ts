/** What the API reference tells of time series, and the schemas of their queries. */
import { z } from "zod";
import { ORIENTS } from "../../domain/series/formats/read_frame.ts";
import { DATE_FORMATS } from "../../domain/series/formats/stamp_cells.ts";
import { AGGREGATES } from "../../domain/series/frame/reducers.ts";
import { DATE_UNITS } from "../../domain/series/frame/stamps.ts";
import { SAVE_MODES } from "../../domain/series/storage/rewrite.ts";
import type { RouteReference } from "../route.ts";

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: ({ input }) => `${JSON.stringify(input)} is none of ${values.join(", ")}` });
const wholeNumber = (name: string) =>
  z.string().regex(/^\d{1,15}$/, `${name} is a whole number`).transform(Number);

/** How a frame is shaped as JSON. */
export const Shape = z.object({
  jsonformat: oneOf(ORIENTS).optional().meta({
    description: "Shape of the JSON, as in pandas; columns unless given",
  }),
  json_format: oneOf(ORIENTS).optional().meta({ description: "The same as `jsonformat`" }),
  date_unit: oneOf(DATE_UNITS).optional().meta({ description: "Unit of stamps that are numbers" }),
});

const FORMATS = ["json", "csv", "ndjson"] as const;
const format = oneOf(FORMATS).optional();

/** How a frame is saved. Python's client of the published description sends `date_format` here, too. */
export const SaveQuery = Shape.extend({
  format: format.meta({ description: "What the body is, whatever Content-Type says" }),
  date_format: oneOf(DATE_FORMATS).optional().meta({ description: "Without effect when saving" }),
  mode: oneOf(SAVE_MODES).default("replace").meta({
    description:
      "replace: the rows between the first and last stamp are replaced; merge: cells are updated; append: only after the last row",
  }),
});

const flag = z.enum(["0", "1", "false", "true"], "0 or 1").transform((text) =>
  text === "1" || text === "true"
);
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
export const DeleteQuery = Part;

/** Which part of a frame is read, and how it is written. */
export const ReadQuery = Shape.extend({
  ...Part.shape,
  format: format.meta({ description: "What the answer is, whatever Accept says" }),
  date_unit: oneOf([...DATE_UNITS, "auto"]).optional().meta({
    description: "Unit of stamps; auto: the coarsest, ms at least, that keeps them apart. " +
      "Unless given: auto where stamps are keys and in CSV and NDJSON, which have them exactly; else ms",
  }),
  double_precision: z.string().regex(/^(\d|1[0-5]|full)$/, "0 to 15, or full").transform((text) =>
    text === "full" ? text : Number(text)
  ).optional().meta({
    description:
      "Decimals of floats in JSON, 0 to 15, 10 unless given; full: they read back as the same doubles",
    example: "full",
  }),
  date_format: oneOf(DATE_FORMATS).optional().meta({
    description: "How stamps are written; iso unless given",
  }),
  include_index: flag.optional().meta({ description: "Records begin with their stamp, as `index`" }),
  limit: wholeNumber("limit").optional().meta({ description: "The first rows only" }),
  tail: wholeNumber("tail").optional().meta({ description: "The last rows only" }),
  every: z.string().optional().meta({ description: "Reduce to bins of this width", example: "1h" }),
  origin: z.string().optional().meta({
    description:
      "Where bins are counted from: epoch unless given (weeks from Monday), start_day (midnight UTC of the first row, as pandas has it), or a time",
    example: "epoch",
  }),
  agg: oneOf(AGGREGATES).optional().meta({
    description: "What becomes of the cells of a bin; mean unless given",
  }),
});

/** Later would overflow stamps, which are nanoseconds in 64 bits. */
const MAX_TTL = 9_000_000_000_000;
const ttlMessage = `a whole number of milliseconds from 1 to ${MAX_TTL}, or null for no expiry`;
/** How long rows live. */
export const TtlQuery = z.object({
  ttlMillis: z.string(ttlMessage).refine(
    (text) => text === "null" || (/^\d{1,13}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TTL),
    ttlMessage,
  ).transform((text) => text === "null" ? null : Number(text)),
});

const FRAME = { close: { "2020-01-02T00:00:00.000": 102.5, "2020-01-03T00:00:00.000": 101.75 } };
const DESCRIPTION =
  "A frame is JSON in one of pandas' orients (`jsonformat`), `text/csv`, or `application/x-ndjson`.";
const Done = z.strictObject({ status: z.literal(true) });

export const REFERENCES: RouteReference = {
  summary: "List references",
  answers: {
    200: {
      description: "In order of their names",
      schema: z.array(z.strictObject({
        reference: z.string(),
        symbols: z.int(),
        ttlMillis: z.int().optional(),
        href: z.url(),
      })),
      example: [{ reference: "NASDAQ", symbols: 1, href: "http://127.0.0.1:8080/api/store/NASDAQ" }],
    },
  },
};

export const SYMBOLS: RouteReference = {
  summary: "List the series of a reference",
  answers: {
    200: {
      description: "In order of their names",
      schema: z.array(z.strictObject({
        symbol: z.string(),
        rows: z.int(),
        first: z.string(),
        last: z.string(),
        columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
        href: z.url(),
      })),
      example: [{
        symbol: "ACME",
        rows: 2,
        first: "2020-01-02T00:00:00.000",
        last: "2020-01-03T00:00:00.000",
        columns: [{ name: "close", type: "float" }],
        href: "http://127.0.0.1:8080/api/store/NASDAQ/ACME",
      }],
    },
  },
  errors: ["reference-not-found"],
};

export const SAVE: RouteReference<typeof SaveQuery> = {
  summary: "Save a data frame",
  description: `${DESCRIPTION} It takes the place of the rows between its first and last stamp.`,
  query: SaveQuery,
  body: { example: FRAME },
  answers: { 200: { description: "Saved, durably", schema: Done, example: { status: true } } },
  errors: ["unsupported-media-type", "too-large", "series-overlap"],
};

export const RETRIEVE: RouteReference<typeof ReadQuery> = {
  summary: "Retrieve a data frame",
  description: `${DESCRIPTION} The Accept header chooses.`,
  query: ReadQuery,
  answers: {
    200: {
      description: "The rows, in the order of their stamps",
      schema: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
      example: FRAME,
    },
  },
  errors: ["series-not-found", "not-acceptable"],
};

export const DELETE: RouteReference<typeof DeleteQuery> = {
  summary: "Delete a series, or a part of it",
  description: "`start` and `end` remove rows, `columns` columns, both together cells, which become null.",
  query: DeleteQuery,
  answers: {
    200: {
      description: "Gone, or never there; `rows` says how many rows a part had",
      schema: Done.extend({ rows: z.int().optional() }),
      example: { status: true },
    },
  },
};

export const EXPIRE: RouteReference<typeof TtlQuery> = {
  summary: "Set how long rows live",
  description: "Rows are gone when their stamp is older. What has expired stays gone when the time grows.",
  query: TtlQuery,
  answers: {
    200: {
      description: "Set",
      schema: z.strictObject({ reference: z.string(), ttlMillis: z.int().nullable() }),
      example: { reference: "NASDAQ", ttlMillis: 86400000 },
    },
  },
};
