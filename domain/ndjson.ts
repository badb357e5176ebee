/** JSON, a value a line: its media types, and the one reader of lines for routes and commands. */
import { Buffer } from "node:buffer";

/** All media types that name it; the first is the one that Runnel prefers. */
export const NDJSON_TYPES = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonl",
  "application/x-jsonlines",
] as const;

/** The longest line that is read unless more is allowed, in characters. */
const MAX_LINE = 64 * 1024;

/** Whether a Content-Type names lines of JSON, whatever its case and parameters. */
export function isNdjson(contentType: string | null): boolean {
  const [type] = (contentType ?? "").toLowerCase().split(";", 1);
  return NDJSON_TYPES.some((known) => known === type?.trim());
}

/** Bytes whose lines are made at a time: those of a whole body may be millions. */
const PIECE = 64 * 1024;

/** A body that is there as a whole, in pieces for `linesOf`. */
export function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE) yield body.subarray(at, at + PIECE);
}

/** A line without its end; undefined stands for one that is too long, which is not kept. */
export type Line = string | undefined;

/** Bytes of whole lines, each of which ends with LF but for the last of all. */
export interface Block {
  readonly bytes: Uint8Array;
  /** Whether its first line is too long: no more than the end of that is there. */
  readonly startsTooLong: boolean;
}

/** What ends a line. */
export const LF = 0x0A;
/** Bytes in UTF-8 for each UTF-16 unit, at most. */
const MOST_BYTES = 3;
const BYTE_ORDER_MARK = [0xEF, 0xBB, 0xBF];

/**
 * Lines as they become whole, in blocks. Of a line no more is kept than `maxLine` characters may take. A byte order mark is
 * no part of the first line.
 */
export async function* blocksOf(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxLine = MAX_LINE,
): AsyncGenerator<Block> {
  // Two more: they may be a CRLF.
  const most = MOST_BYTES * maxLine + 2;
  let rest: Uint8Array[] = [], length = 0, startsTooLong = false, isFirst = true;
  const block = (bytes: Uint8Array): Block => {
    const made = { bytes: isFirst ? withoutMark(bytes) : bytes, startsTooLong };
    isFirst = startsTooLong = false;
    return made;
  };
  for await (const piece of pieces) {
    const from = length === 0 ? 0 : piece.indexOf(LF) + 1, to = piece.lastIndexOf(LF) + 1;
    if (from > 0) yield block(Buffer.concat([...rest, piece.subarray(0, from)]));
    if (to > from) yield block(piece.subarray(from, to));
    if (to > 0) {
      rest = [];
      length = 0;
    }
    rest.push(piece.subarray(to));
    length += piece.length - to;
    if (length <= most) continue;
    rest = [];
    length = 0;
    isFirst = false;
    startsTooLong = true;
  }
  if (length > 0 || startsTooLong) yield block(Buffer.concat(rest));
}

const withoutMark = (bytes: Uint8Array) =>
  BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Lines as they become whole, some at a time. They end with LF or CRLF, the last one with either or none; a byte order
 * mark is no part of the first. Bytes that are no UTF-8 become U+FFFD.
 */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxLine = MAX_LINE,
): AsyncGenerator<Line[]> {
  for await (const { bytes, startsTooLong } of blocksOf(pieces, maxLine)) {
    const texts = decoder.decode(bytes).split("\n");
    if (bytes.at(-1) === LF) texts.pop();
    const lines = texts.map((text) => withoutEnd(text, maxLine));
    if (startsTooLong) lines[0] = undefined;
    yield lines;
  }
}

/** The line in some bytes, whose LF is not among them. */
export const lineOf = (bytes: Uint8Array): Line => withoutEnd(decoder.decode(bytes), MAX_LINE);

function withoutEnd(text: string, maxLine: number): Line {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  return line.length > maxLine ? undefined : line;
}

/** The value of a line, or what is wrong with it; undefined for an empty line. */
export function parseLine(
  line: Line,
): { readonly value: unknown } | { readonly message: string } | undefined {
  if (line === undefined) return { message: `a line has at most ${MAX_LINE} characters` };
  // Looked at first: an error costs a thousand times as much, and a body may have a million such lines.
  if (!/\S/.test(line)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { message: `not valid JSON: ${(error as Error).message}` };
  }
  // Bytes that are no UTF-8 became this character.
  return line.includes("\uFFFD") ? { message: "not valid UTF-8" } : { value };
}
