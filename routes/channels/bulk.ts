/** Many items in one commit, as lines of JSON or as multipart/mixed (RFC 2046), read as they come. */
import type { KeyedContent } from "../../db/channels/writes.ts";
import { invalid, invalidPart, RunnelError } from "../../domain/errors.ts";
import { isNdjson, type Line, linesOf, parseLine } from "../../domain/ndjson.ts";
import { idOfKey } from "../../domain/channels/item_id.ts";
import { isMediaType } from "../../domain/channels/media_type.ts";
import { bodyOf } from "../answers/body.ts";
import { bodyPieces } from "../request.ts";
import type { Sender } from "../serving/admission.ts";
import { json, USER_CONTENT } from "../respond.ts";
import { baseOf, type Call, param } from "../route.ts";
import { writeOptions } from "./items.ts";
import { itemKeyOf, refuseCommonItemKey } from "./item_key.ts";
import { type Part, readParts } from "./multipart.ts";

const JSON_TYPE = "application/json";
const DEFAULT_TYPE = "application/octet-stream";
const MAX_HEADER = 255;
const LINE_FEED = "\n";
/** Ids that are written at once. */
const IDS_AT_ONCE = 5_000;

export async function insertItems(call: Call): Promise<Response> {
  const { request, services: { writer, maxItemBytes } } = call;
  refuseCommonItemKey(request.headers);
  const name = param(call, "name"), channel = `${baseOf(call)}/channel/${name}`;
  const type = request.headers.get("content-type");
  const boundary = /^multipart\/mixed\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type ?? "");
  const items = isNdjson(type)
    ? jsonItems(call, maxItemBytes)
    : boundary !== null
    ? parts(call, boundary[1] ?? boundary[2]!, maxItemBytes)
    : undefined;
  if (items === undefined) {
    throw new RunnelError(
      "unsupported-media-type",
      `items in bulk are application/x-ndjson, or multipart/mixed with a boundary, not ${type ?? "untyped"}`,
    );
  }
  const { firstKey, count, isReplay } = await writer.bulk(name, items, writeOptions(request.headers));
  const _links = { channel: { href: channel } };
  const headers = isReplay ? { "Idempotent-Replay": "true" } : undefined;
  if (count <= IDS_AT_ONCE) return json({ _links, ids: idsFrom(firstKey, count) }, 201, headers);
  const pieces = piecesOf(_links, firstKey, count);
  return new Response(bodyOf(call, { next: () => pieces.next().value }, 0), {
    status: 201,
    headers: { "Content-Type": "application/json", ...USER_CONTENT, ...headers },
  });
}

/** The answer of many items, made as it is read: their ids may be larger than the items. */
function* piecesOf(
  _links: unknown,
  firstKey: bigint,
  count: number,
): Generator<Uint8Array<ArrayBuffer>, undefined> {
  const encoder = new TextEncoder();
  let before = `{"_links":${JSON.stringify(_links)},"ids":[`;
  for (let done = 0; done < count; done += IDS_AT_ONCE) {
    const ids = idsFrom(firstKey + BigInt(done), Math.min(IDS_AT_ONCE, count - done));
    yield encoder.encode(`${before}"${ids.join('","')}"`);
    before = ",";
  }
  yield encoder.encode("]}");
  return undefined;
}

function idsFrom(firstKey: bigint, count: number): string[] {
  return Array.from({ length: count }, (_, i) => idOfKey(firstKey + BigInt(i)));
}

/** Each line is an item, as it stands; those of a piece together. */
async function* jsonItems(sender: Sender, maxItemBytes: number): AsyncGenerator<KeyedContent[]> {
  let before = 0;
  for await (const lines of linesOf(bodyPieces(sender), maxItemBytes)) {
    const wanted = lines.filter((line, i) => isItem(line, before + i + 1));
    before += lines.length;
    yield contentsOf(wanted).map((body) => ({
      type: JSON_TYPE,
      encoding: null,
      language: null,
      itemKey: null,
      body,
    }));
  }
}

/** Whether a line holds an item, or nothing. Not JSON: `invalid-request`, with the number of the line. */
function isItem(line: Line, number: number): line is string {
  const parsed = parseLine(line);
  if (parsed === undefined) return false;
  if ("message" in parsed) throw invalidPart(`${number}`, `line ${number}: ${parsed.message}`);
  return true;
}

/** The bytes of each line. All lines are encoded at once: a call of the runtime for each costs more than the rest. */
function contentsOf(lines: readonly string[]): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(lines.join(LINE_FEED));
  let from = 0;
  return lines.map(() => {
    const end = bytes.indexOf(LINE_FEED.charCodeAt(0), from);
    const content = bytes.subarray(from, end < 0 ? bytes.length : end);
    from = end + 1;
    return content;
  });
}

/** Each part is an item with its headers. */
async function* parts(
  sender: Sender,
  boundary: string,
  maxItemBytes: number,
): AsyncGenerator<KeyedContent[]> {
  let number = 0;
  for await (const part of readParts(bodyPieces(sender), boundary, maxItemBytes)) {
    number++;
    try {
      yield [itemOf(part)];
    } catch (error) {
      if (!(error instanceof RunnelError)) throw error;
      throw invalidPart(`${number}`, `part ${number}: ${error.detail}`);
    }
  }
}

function itemOf({ headers, content }: Part): KeyedContent {
  const header = (name: string) => {
    const value = headers.get(name);
    if (value !== null && value.length > MAX_HEADER) {
      throw invalid(`${name} may have at most ${MAX_HEADER} characters`);
    }
    return value || null;
  };
  const transfer = header("content-transfer-encoding") ?? "binary";
  if (!/^(?:7bit|8bit|binary)$/i.test(transfer)) {
    throw invalid(`send its bytes as they are, not in ${transfer}`);
  }
  const type = header("content-type") ?? DEFAULT_TYPE;
  if (!isMediaType(type)) throw invalid(`${type} is no media type`);
  return {
    type,
    encoding: header("content-encoding"),
    language: header("content-language"),
    itemKey: itemKeyOf(headers),
    body: content,
  };
}
