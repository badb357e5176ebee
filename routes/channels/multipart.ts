/** multipart/mixed (RFC 2046 §5.1): items with their headers, one part each. */
import type { BodyRow } from "../../db/channels/pages.ts";
import { idOfKey, timeOfKey } from "../../domain/channels/item_id.ts";

/** Items as the parts of a message, a page at a time. `channel` is the channel's address. */
export async function* multipartPieces(
  pages: AsyncIterable<readonly BodyRow[]>,
  boundary: string,
  channel: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for await (const rows of pages) {
    const parts = rows.flatMap((row) => [encoder.encode(partHead(row, boundary, channel)), row.body]);
    yield joined(parts);
  }
  yield encoder.encode(`\r\n--${boundary}--\r\n`);
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
    `Creation-Date: ${new Date(timeOfKey(key)).toISOString()}`,
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
