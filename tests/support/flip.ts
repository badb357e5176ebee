/** Damages database files, as a disk does. */
import type Database from "libsql";

/** Flips a bit in the middle of the only place of a file that holds a text. Fails where there is none, or several. */
export async function flipBit(path: string, text: string): Promise<void> {
  const bytes = await Deno.readFile(path), wanted = new TextEncoder().encode(text);
  const places: number[] = [];
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) places.push(at);
  }
  if (places.length !== 1) throw new Error(`${places.length} places hold ${text}`);
  await flipAt(path, places[0]! + (wanted.length >> 1));
}

/** Flips a bit of the byte at a place. */
export async function flipAt(path: string, place: number): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.seek(place, Deno.SeekMode.Start);
  const byte = new Uint8Array(1);
  await file.read(byte);
  byte[0]! ^= 1;
  await file.seek(place, Deno.SeekMode.Start);
  await file.write(byte);
}

/** Flips a bit in the middle of a blob; its checksum stays, as on a disk. */
export function flipBlob(database: Database.Database, table: string, column: string, rowid: number): void {
  const [[bytes]] = database.prepare(`SELECT ${column} FROM ${table} WHERE rowid = ?1`).raw(true).all([
    rowid,
  ]) as [
    [Uint8Array],
  ];
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length >> 1]! ^= 1;
  database.prepare(`UPDATE ${table} SET ${column} = ?1 WHERE rowid = ?2`).run([flipped, rowid]);
}
