/** What the API reference tells of time series. */
import type { z } from "zod";
import type { RouteReference } from "../route.ts";

const FRAME = { close: { "2020-01-02T00:00:00.000": 102.5, "2020-01-03T00:00:00.000": 101.75 } };
const SAVED = { 200: { description: "Saved, durably", example: { status: true } } };
const DESCRIPTION =
  "A frame is JSON in one of pandas' orients (`jsonformat`), `text/csv`, or `application/x-ndjson`.";

/** The reference of each kind of route, with the schemas that validate its query. */
export function seriesReference(
  { SaveQuery, ReadQuery, TtlQuery }: Record<"SaveQuery" | "ReadQuery" | "TtlQuery", z.ZodObject>,
): Record<"listing" | "saving" | "reading" | "removing" | "expiring", RouteReference> {
  return {
    listing: {
      answers: {
        200: {
          description: "In order of their names",
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
    },
    saving: {
      description: `${DESCRIPTION} It takes the place of the rows between its first and last stamp.`,
      query: SaveQuery,
      body: { example: FRAME },
      answers: SAVED,
      errors: ["unsupported-media-type"],
    },
    reading: {
      description: `${DESCRIPTION} The Accept header chooses.`,
      query: ReadQuery,
      answers: { 200: { description: "The rows, in the order of their stamps", example: FRAME } },
      errors: ["series-not-found", "not-acceptable"],
    },
    removing: { answers: { 200: { description: "Gone, or never there", example: { status: true } } } },
    expiring: {
      description:
        "Rows are gone when their stamp is older. What has expired stays gone when the time grows.",
      query: TtlQuery,
      answers: { 200: { description: "Set", example: { reference: "NASDAQ", ttlMillis: 86400000 } } },
    },
  };
}
