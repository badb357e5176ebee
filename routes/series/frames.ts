/** Saving, retrieving and removing data frames. */
import type { DeleteQuery, ReadQuery, SaveQuery } from "../../api/series.ts";
import { invalid } from "../../domain/errors.ts";
import { prepareFrame } from "../../domain/series/answer.ts";
import type { FrameSource } from "../../domain/series/storage/source.ts";
import { checkPresence, streamed } from "../answers/stream.ts";
import { checkPreconditions, etagOf, preconditionOf } from "../conditional.ts";
import { json } from "../respond.ts";
import type { Call } from "../route.ts";
import { Hold } from "../serving/answers.ts";
import { codingFor, readDecoded } from "../serving/compression.ts";
import type { Peer } from "../serving/peer.ts";
import { answerFormat, bodyFormat } from "./media.ts";
import { seriesName } from "./names.ts";
import { partOf, rangeOf } from "./range.ts";

/** Bytes that are read of a series before its size is known, and those of a row, about. */
const READ_FIRST = 128 << 10, USUAL_ROW = 1 << 10;
/** Notes that a header repeats. */
const MOST_NOTES = 10;

export async function saveFrame(call: Call<typeof SaveQuery>): Promise<Response> {
  const { request, query, services } = call;
  const { series, maxFrameBytes } = services;
  const name = seriesName(request);
  const format = bodyFormat(request, query);
  if (query.index !== undefined && !["csv", "arrow", "feather", "parquet"].includes(format)) {
    throw invalid("index names a column of CSV, Arrow or Parquet: the body is none.");
  }
  if (query.header !== undefined && format !== "csv") {
    throw invalid("header says what the first line of a CSV is: the body is none.");
  }
  // What a compressed body has is known when it is here.
  const isPlain = !request.headers.has("content-encoding");
  const declared = isPlain ? Math.min(Number(request.headers.get("content-length")) || 0, maxFrameBytes) : 0;
  await series.saveBody(name, {
    declared,
    read: () => readDecoded(call, maxFrameBytes),
    format,
    options: { dateUnit: query.date_unit, tz: query.tz, index: query.index, header: query.header },
    mode: query.mode,
    precondition: preconditionOf(request.headers),
  });
  return json({ status: true });
}

export async function retrieveFrame(call: Call<typeof ReadQuery>): Promise<Response> {
  const { request, query, services: { series } } = call;
  const name = seriesName(request);
  const { format, type } = answerFormat(request, query);
  const hold = new Hold(call);
  hold.atLeast(Math.min(READ_FIRST, (query.limit ?? query.tail ?? Infinity) * USUAL_ROW));
  const source = await series.open(name, {
    ...rangeOf(query),
    checkPresence: () => checkPresence(request),
    keep: (bytes) => hold.keep(bytes),
  });
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
