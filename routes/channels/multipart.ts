/** multipart/mixed (RFC 2046 §5.1): items with their headers, one part each, written and read. */
import type { BodyRow } from "../../db/channels/pages.ts";
import { idOfKey, timeOfKey } from "../../domain/channels/item_id.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import { sending } from "../answers/stream.ts";

/** Bytes of contents from which a copy into one piece with others costs more than a piece of their own. */
const LARGE = 16 << 10;

/** Items as parts of a message, in few pieces. `channel` is the channel's address. */
export function partsOf(
  rows: readonly BodyRow[],
  boundary: string,
  channel: string,
): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let waiting: Uint8Array[] = [];
  for (const row of rows) {
    waiting.push(encoder.encode(partHead(row, boundary, channel)));
    if (row.body.length < LARGE) waiting.push(row.body);
    else {
      pieces.push(joined(waiting), row.body);
      waiting = [];
    }
  }
  if (waiting.length > 0) pieces.push(joined(waiting));
  return pieces;
}

/** A whole message of parts that come page by page. */
export async function* multipartPieces(
  pages: AsyncIterable<Uint8Array<ArrayBuffer>[]>,
  boundary: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const pieces of pages) yield* sending(pieces);
  yield new TextEncoder().encode(`\r\n--${boundary}--\r\n`);
}

function partHead(
  { key, type, encoding, language, itemKey, length }: BodyRow,
  boundary: string,
  channel: string,
) {
  const id = idOfKey(key);
  const lines = [
    `\r\n--${boundary}`,
    `Content-Type: ${type}`,
    ...(encoding === null ? [] : [`Content-Encoding: ${encoding}`]),
    ...(language === null ? [] : [`Content-Language: ${language}`]),
    `Content-Length: ${length}`,
    `Content-Location: ${channel}/${id}`,
    `Creation-Date: ${iso(timeOfKey(key))}`,
    ...(itemKey === null ? [] : [`Item-Key: ${itemKey}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Headers of one part, in bytes. */
const MAX_HEAD = 16 << 10;
const CRLF = [13, 10] as const;

/** One part of a message. */
export interface Part {
  readonly headers: Headers;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * The parts of a message as they become whole. What stands before the first boundary and after the last is passed over.
 * A part of more than `limit` bytes: `too-large`. No end, or headers that are none: `invalid-request`.
 */
export async function* readParts(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  boundary: string,
  limit: number,
): AsyncGenerator<Part> {
  const mark = new TextEncoder().encode(`\r\n--${boundary}`);
  // The first boundary may stand at the very beginning, with no line before it.
  const buffer = new GrowingBytes(CRLF);
  let searched = 0, isInside = false;
  for await (const piece of pieces) {
    buffer.push(piece);
    while (true) {
      const waiting = buffer.bytes;
      const at = indexOf(waiting, mark, searched);
      // Two bytes more tell a boundary from the last one.
      if (at < 0 || waiting.length < at + mark.length + 2) {
        searched = at < 0 ? Math.max(0, waiting.length - mark.length + 1) : at;
        break;
      }
      if (isInside) yield partOf(waiting.subarray(0, at), limit);
      const after = at + mark.length;
      if (waiting[after] === DASH && waiting[after + 1] === DASH) return;
      isInside = true;
      buffer.shift(after);
      searched = 0;
    }
    if (isInside && buffer.bytes.length > limit + MAX_HEAD) throw tooLarge(limit);
    if (!isInside) buffer.shift(searched), searched = 0;
  }
  throw invalid(`the body is no multipart/mixed message: it has no end, --${boundary}--`);
}

const DASH = 45;

/** Bytes that come at the end and go at the beginning. What waits is copied rarely, however many pieces it came in. */
class GrowingBytes {
  #room: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to: number;

  constructor(first: ArrayLike<number>) {
    this.#room = new Uint8Array(1 << 16);
    this.#room.set(first);
    this.#to = first.length;
  }

  /** What is there, as long as nothing is pushed. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(this.#from, this.#to);
  }

  push(piece: Uint8Array): void {
    if (this.#to + piece.length > this.#room.length) {
      const { bytes } = this, needed = bytes.length + piece.length;
      const room = needed * 2 > this.#room.length ? new Uint8Array(needed * 2) : this.#room;
      room.set(bytes);
      this.#room = room;
      this.#from = 0;
      this.#to = bytes.length;
    }
    this.#room.set(piece, this.#to);
    this.#to += piece.length;
  }

  shift(count: number): void {
    this.#from += count;
  }
}

/** What stands between two boundaries: the rest of the boundary's line, headers, an empty line, the content. */
function partOf(bytes: Uint8Array<ArrayBuffer>, limit: number): Part {
  const line = indexOf(bytes, CRLF, 0);
  const padding = bytes.subarray(0, Math.max(0, line));
  if (line < 0 || padding.some((byte) => byte !== 32 && byte !== 9)) {
    throw invalid("the body is no multipart/mixed message: a boundary does not stand on a line of its own");
  }
  // From the line's end on, so that a part without headers has its empty line, too.
  const end = indexOf(bytes, [...CRLF, ...CRLF], line);
  if (end < 0) {
    throw invalid("the body is no multipart/mixed message: a part has no empty line after its headers");
  }
  const content = bytes.slice(end + 4);
  if (content.length > limit) throw tooLarge(limit);
  const headers = new Headers();
  // A header may go on in the next line, after white space.
  const head = new TextDecoder("latin1").decode(bytes.subarray(line + 2, Math.max(line + 2, end)))
    .replace(/\r\n[ \t]+/g, " ");
  for (const text of head.split("\r\n").filter(Boolean)) {
    const colon = text.indexOf(":");
    try {
      headers.append(text.slice(0, Math.max(0, colon)).trim(), text.slice(colon + 1).trim());
    } catch {
      throw invalid(
        `the body is no multipart/mixed message: ${JSON.stringify(text.slice(0, 100))} is no header`,
      );
    }
  }
  return { headers, content };
}

function tooLarge(limit: number): RunnelError {
  return new RunnelError("too-large", `an item may have at most ${limit} bytes`);
}

function indexOf(bytes: Uint8Array, wanted: ArrayLike<number>, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
  }
  return -1;
}
