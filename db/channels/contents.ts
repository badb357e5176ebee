/**
 * How the contents of items get into a statement, and how they are checked when they come back. Bodies travel end to end
 * in one buffer, each behind its checksum as decimal digits, which SQL can read. An item is stored with that checksum plus
 * its channel and its key: neither its bytes nor its place can change unnoticed, and a copy of it takes the sum along.
 */
import { checksum, type Damage, GREATEST_CHECKSUM, textChecksum } from "../checksum.ts";
import { type EngineError, OwnedBytes, type Value } from "../engine/engine.ts";

const DIGITS = `${GREATEST_CHECKSUM}`.length;
/** Place of a content: offset << LENGTH_BITS | length. One number a row costs json_each a third of nested arrays. */
const LENGTH_BITS = 27, LENGTH_MASK = 2 ** LENGTH_BITS - 1;

/** SQL: the content at a place of packed bytes. substr() of nothing is NULL. */
export const bodyAt = (bytes: string, place: string): string =>
  `ifnull(substr(${bytes}, ${1 + DIGITS} + (${place} >> ${LENGTH_BITS}), ${place} & ${LENGTH_MASK}), x'')`;
/** SQL: the checksum there. */
export const checksumAt = (bytes: string, place: string): string =>
  `(0 + substr(${bytes}, 1 + (${place} >> ${LENGTH_BITS}), ${DIGITS}))`;
/** SQL: the checksum of an item `i` that was looked for under that channel and key; NULL: stored before there were any. */
export const checksumIn = (channel: string, key: string): string => `(i.checksum - ${channel} - ${key})`;
/** SQL: the same as a number that JavaScript holds, whatever became of it. */
export const selectedChecksum = (channel: string, key: string): string =>
  `${checksumIn(channel, key)} & ${Number.MAX_SAFE_INTEGER}`;

/** Content and headers of an item. `null`: the header was not sent. */
export interface ItemContent {
  /** Media type. */
  readonly type: string;
  readonly encoding: string | null;
  readonly language: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An item's content with what else its checksum is of. */
export interface StoredContent extends ItemContent {
  readonly itemKey?: string | null;
}

/** Contents end to end. */
export class PackedContents {
  readonly bytes: OwnedBytes;
  #offset = 0;

  /** For so many contents of so many bytes together. */
  constructor(count: number, bytes: number) {
    this.bytes = new OwnedBytes(new ArrayBuffer(bytes + count * DIGITS));
  }

  /** Packs contents, and answers their places. */
  static of(contents: readonly StoredContent[]): { bytes: OwnedBytes; places: number[] } {
    const packed = new PackedContents(
      contents.length,
      contents.reduce((sum, { body }) => sum + body.length, 0),
    );
    return { bytes: packed.bytes, places: contents.map((content) => packed.add(content)) };
  }

  /** Adds a content, and answers its place. */
  add(content: StoredContent): number {
    const { bytes } = this, { body } = content, offset = this.#offset;
    let rest = checksumOf(content);
    for (let at = offset + DIGITS - 1; at >= offset; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    bytes.set(body, offset + DIGITS);
    this.#offset = offset + DIGITS + body.length;
    return offset * (LENGTH_MASK + 1) + body.length;
  }
}

/** Notes an item that is not as it was stored. */
export function damagedItem(damage: Damage, channel: number, key: bigint): EngineError {
  return damage.note({ area: "channels", what: `item ${idOf(key)} of channel number ${channel}` });
}

/** The id of an item: its key in base32hex. */
export function idOf(key: bigint): string {
  return key.toString(32).toUpperCase().padStart(16, "0");
}

/** Whether an item is as it was stored; `stored` is its `selectedChecksum`, `meta` the text of its headers by Runnel. */
export function isSound(content: StoredContent, meta: Value, stored: Value): boolean {
  if (stored === null) return true;
  // Where the record itself is damaged, its columns have any type.
  if (!(content.body instanceof Uint8Array)) return false;
  return checksumOf(content) + (typeof meta === "string" ? textChecksum(meta) : 0) === stored;
}

function checksumOf({ type, encoding, language, itemKey = null, body }: StoredContent): number {
  return checksum(
    body,
    encoding === null && language === null && itemKey === null
      ? type
      : `${type}\n${encoding}\n${language}\n${itemKey}`,
  );
}
