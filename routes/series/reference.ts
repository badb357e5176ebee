/** What the API reference tells of time series. */
import {
  DeleteQuery,
  Done,
  Frame,
  NewestSeries,
  NewestSeriesQuery,
  ReadQuery,
  ReferenceBody,
  ReferenceQuery,
  References,
  ReferenceSettings,
  Removed,
  RestoreBody,
  Revision,
  Revisions,
  RevisionsQuery,
  SaveQuery,
  Symbols,
  SymbolsQuery,
} from "../../api/series.ts";
import type { RouteReference } from "../route.ts";

const FRAME = { close: { "2020-01-02T00:00:00.000": 102.5, "2020-01-03T00:00:00.000": 101.75 } };
const DESCRIPTION =
  "A frame is JSON in one of pandas' orients (`jsonformat`), `text/csv`, `application/x-ndjson`, Arrow IPC " +
  "(`application/vnd.apache.arrow.stream` and `.file`), or Parquet (`application/vnd.apache.parquet`).";

export const REFERENCES: RouteReference = {
  summary: "List references",
  answers: {
    200: {
      description: "In order of their names",
      schema: References,
      example: [{ reference: "NASDAQ", symbols: 1, href: "http://127.0.0.1:8080/api/store/NASDAQ" }],
    },
  },
};

const LISTED = {
  symbol: "ACME",
  rows: 2,
  first: "2020-01-02T00:00:00.000",
  last: "2020-01-03T00:00:00.000",
  columns: [{ name: "close", type: "float" }],
  href: "http://127.0.0.1:8080/api/store/NASDAQ/ACME",
};

export const NEWEST: RouteReference<typeof NewestSeriesQuery> = {
  summary: "List the series that were saved last",
  query: NewestSeriesQuery,
  answers: {
    200: {
      description: "Of all references, the one saved last first",
      schema: NewestSeries,
      example: [{ reference: "NASDAQ", saved: "2026-01-02T03:04:05.678Z", ...LISTED }],
    },
  },
};

export const SYMBOLS: RouteReference<typeof SymbolsQuery> = {
  summary: "List the series of a reference",
  query: SymbolsQuery,
  answers: {
    200: {
      description: "In order of their names",
      schema: Symbols,
      example: [LISTED],
    },
  },
  errors: ["reference-not-found"],
};

export const SAVE: RouteReference<typeof SaveQuery> = {
  summary: "Save a data frame",
  description: `${DESCRIPTION} It takes the place of the rows between its first and last stamp. ` +
    "With If-Match, only if its ETag is the series'.",
  query: SaveQuery,
  body: { example: FRAME },
  answers: { 200: { description: "Saved, durably", schema: Done, example: { status: true } } },
  errors: ["unsupported-media-type", "too-large", "series-overlap", "series-zone", "precondition-failed"],
};

export const RETRIEVE: RouteReference<typeof ReadQuery> = {
  summary: "Retrieve a data frame",
  description: `${DESCRIPTION} The Accept header chooses, Accept-Encoding packs. The ETag is the revision. ` +
    "The header Runnel-Note names columns whose whole numbers became floats, because they went beyond 64 bits.",
  query: ReadQuery,
  answers: {
    200: {
      description: "The rows, in the order of their stamps",
      schema: Frame,
      example: FRAME,
    },
  },
  errors: [
    "series-not-found",
    "revision-not-found",
    "revision-gone",
    "not-acceptable",
    "precondition-failed",
  ],
};

export const DELETE: RouteReference<typeof DeleteQuery> = {
  summary: "Delete a series, or a part of it",
  description: "`start` and `end` remove rows, `columns` columns, both together cells, which become null. " +
    "What is gone can be restored as long as revisions are kept, unless `forget` is given.",
  query: DeleteQuery,
  answers: {
    200: {
      description: "Gone, or never there; `rows` says how many rows a part had",
      schema: Removed,
      example: { status: true },
    },
  },
  errors: ["precondition-failed"],
};

const REVISION = { revision: 3, time: "2026-01-02T03:04:05.678Z", rows: 2, change: "restore" };

export const REVISIONS: RouteReference<typeof RevisionsQuery> = {
  query: RevisionsQuery,
  summary: "List the revisions of a series",
  description: "Each save and removal makes one, which is kept for `KEEP_REVISIONS` after the next one, " +
    "and among the last 10,000. `?asOf=` reads them.",
  answers: { 200: { description: "The newest first", schema: Revisions, example: [REVISION] } },
  errors: ["series-not-found"],
};

export const RESTORE: RouteReference = {
  summary: "Restore a revision of a series",
  description: "The series becomes what it was, as a new revision; so this can be undone, too.",
  body: { schema: RestoreBody, example: { revision: 1 } },
  answers: { 200: { description: "The newest revision", schema: Revision, example: REVISION } },
  errors: ["series-not-found", "revision-not-found", "revision-gone"],
};

export const CHANGE: RouteReference<typeof ReferenceQuery> = {
  summary: "Set what holds for the series of a reference",
  description:
    "`ttlMillis` and `duplicates`, in a body or in the query; what is not given stays. Rows are gone when their " +
    "stamp is older than `ttlMillis`; what has expired stays gone when the time grows.",
  query: ReferenceQuery,
  body: { schema: ReferenceBody, example: { duplicates: "keep" } },
  answers: {
    200: {
      description: "Set",
      schema: ReferenceSettings,
      example: { reference: "NASDAQ", ttlMillis: 86400000, duplicates: "refuse" },
    },
  },
};
