/** JSON, a value a line: its media types, and the one reader of lines for routes and commands. */

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

/**
 * Lines as they become whole, those of each piece together. They end with LF or CRLF, the last one with either or none;
 * a byte order mark is no part of the first. Bytes that are no UTF-8 become U+FFFD.
 */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxLine = MAX_LINE,
): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder();
  const whole = (text: string): Line => {
    const line = text.endsWith("\r") ? text.slice(0, -1) : text;
    return line.length > maxLine ? undefined : line;
  };
  let rest = "", isTooLong = false;
  for await (const piece of pieces) {
    const texts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = texts.pop()!;
    const lines = texts.map(whole);
    if (isTooLong && lines.length > 0) {
      lines[0] = undefined;
      isTooLong = false;
    }
    // One more: it may be the CR of a CRLF.
    if (rest.length > maxLine + 1) {
      rest = "";
      isTooLong = true;
    }
    yield lines;
  }
  rest += decoder.decode();
  if (isTooLong) yield [undefined];
  else if (rest !== "") yield [whole(rest)];
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
