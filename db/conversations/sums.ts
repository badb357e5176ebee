/** The checksums of messages. */
import { crc32 } from "node:zlib";
import type { Damage, Damaged } from "../checksum.ts";
import type { Row } from "../engine/engine.ts";

/**
 * The checksum of a message: of all that its source says of it at once. Its time is in the index, too. Reactions come one
 * by one, and are not in it.
 */
export function messageChecksum(
  origin: string,
  author: string,
  text: string,
  details: string | null,
): number {
  return crc32([origin, author, text, details ?? ""].join("\0"));
}

/** A message that is not as it was stored, by its id at its source. */
export function damagedMessage(origin: string): Damaged {
  return { area: "conversations", what: `message ${origin}` };
}

/** Whether a row that begins with origin, author, text, details and checksum is as it was stored, or older than checksums. */
export function isSound([origin, author, text, details, stored]: Row): boolean {
  return stored === null ||
    messageChecksum(origin as string, author as string, text as string, details as string | null) === stored;
}

/** Refuses such a row that is not: `damaged`. */
export function checkMessage(row: Row, damage: Damage): void {
  if (!isSound(row)) throw damage.note(damagedMessage(row[0] as string));
}
