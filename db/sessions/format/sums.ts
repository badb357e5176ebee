/** The checksums of what sessions are stored as: entries of the log, chunks of runs, their indexes, and sketches. */
import { checksum, type Damage } from "../../checksum.ts";
import type { Result, Row, Value } from "../../engine/engine.ts";

/** The checksum of an entry of the log. */
export const entryChecksum = (data: Uint8Array): number => checksum(data, "session_log");
/** The checksum of a chunk with that id. */
export const chunkChecksum = (id: number, data: Uint8Array): number => checksum(data, `${id}`);
/** The checksum of a run's sketch of a country. */
export const sketchChecksum = (country: string, data: Uint8Array): number => checksum(data, country);

/** Where chunks of a run begin, as JSON, and which keys there may be. */
export interface RunIndex {
  readonly id: number;
  readonly fences: string;
  readonly filter: Uint8Array | null;
}

const NO_FILTER = new Uint8Array();

/** The checksum of a run's index. */
export const indexChecksum = ({ id, fences, filter }: RunIndex): number =>
  checksum(filter ?? NO_FILTER, `${id} ${fences}`);

/** The bytes, if they have that checksum or were stored before there were any; else `damaged`. */
function sound(
  data: Value,
  stored: Value,
  sumOf: (data: Uint8Array) => number,
  damage: Damage,
  name: string,
): Uint8Array {
  if (stored !== null && !(data instanceof Uint8Array && sumOf(data) === stored)) {
    throw damage.note({ area: "sessions", what: name });
  }
  return data as Uint8Array;
}

/** An entry of the log with its number, from a row of number, data and checksum. */
export function toEntry([number, data, stored]: Row, damage: Damage): { number: number; data: Uint8Array } {
  const name = `entry ${number} of the log of sessions`;
  return { number: number as number, data: sound(data!, stored!, entryChecksum, damage, name) };
}

/** An index, from a row of run, fences, filter and checksum. */
export function toIndex([run, fences, filter, stored]: Row, damage: Damage): RunIndex {
  const index = { id: run as number, fences: fences as string, filter: filter as Uint8Array | null };
  if (stored !== null && indexChecksum(index) !== stored) {
    throw damage.note({ area: "sessions", what: `index of run ${run} of sessions` });
  }
  return index;
}

/** Chunks by id, from rows of id, data and checksum. */
export function chunksIn({ rows }: Result, damage: Damage): Map<number, Uint8Array> {
  return new Map(rows.map(([id, data, stored]) => {
    const sumOf = (bytes: Uint8Array) => chunkChecksum(id as number, bytes);
    return [id as number, sound(data!, stored!, sumOf, damage, `chunk ${id} of sessions`)];
  }));
}

/** Countries with their sketches, from rows of country, data and checksum. */
export function sketchesIn({ rows }: Result, damage: Damage): [country: string, data: Uint8Array][] {
  return rows.map(([country, data, stored]) => {
    const sumOf = (bytes: Uint8Array) => sketchChecksum(country as string, bytes);
    return [country as string, sound(data!, stored!, sumOf, damage, `a sketch of sessions of "${country}"`)];
  });
}
