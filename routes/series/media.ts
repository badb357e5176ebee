/** As what a frame is sent and answered: its shape, by the query or by the headers. */
import type { z } from "zod";
import type { ReadQuery, SaveQuery, Shape } from "../../api/series.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { isNdjson, NDJSON_TYPES } from "../../domain/ndjson.ts";
import type { FrameFormat, TypedFormat } from "../../domain/series/answer.ts";
import type { Orient } from "../../domain/series/formats/json/read_frame.ts";
import { qualityOf } from "../conditional.ts";

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
const FRAME_TYPES =
  "application/json, text/csv, application/x-ndjson, application/vnd.apache.arrow.stream, " +
  "application/vnd.apache.arrow.file or application/vnd.apache.parquet";

/** The orient that a query asks for; columns unless it does. */
export function orientOf(
  { jsonformat, json_format }: Pick<z.output<typeof Shape>, "jsonformat" | "json_format">,
): Orient {
  if (jsonformat !== undefined && json_format !== undefined && jsonformat !== json_format) {
    throw invalid("jsonformat and json_format differ: send one of them");
  }
  return jsonformat ?? json_format ?? "columns";
}

/** The shape of a body, by the query, else by its content type. Not that of a frame: `unsupported-media-type`. */
export function bodyFormat({ headers }: Request, query: z.output<typeof SaveQuery>): FrameFormat {
  const { format } = query;
  if (format !== undefined) return format === "json" ? orientOf(query) : format;
  return contentFormat(headers.get("content-type"), orientOf(query));
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

/** What a query or the Accept header asks to be answered. Nothing that a frame can be: `not-acceptable`. */
export function answerFormat(
  { headers }: Request,
  query: Pick<z.output<typeof ReadQuery>, "format" | "jsonformat" | "json_format">,
): { readonly format: FrameFormat; readonly type: string } {
  const asked = ANSWERS.find(([kind]) => kind === query.format);
  const [kind, type] = asked ?? preferred(headers.get("accept"));
  return { format: kind === "json" ? orientOf(query) : kind, type };
}

/** What the client likes best; the first when it has no preference. */
function preferred(accept: string | null): typeof ANSWERS[number] {
  let best: typeof ANSWERS[number] | undefined, most = 0;
  for (const answer of ANSWERS) {
    const quality = qualityOf(accept, answer[1]);
    if (quality > most) [best, most] = [answer, quality];
  }
  if (best !== undefined) return best;
  throw new RunnelError("not-acceptable", `a frame is ${FRAME_TYPES}`);
}
