/**
 * Sessions as a blob, column by column at fixed widths: numbers are read where they lie, and what is not asked for is
 * not looked at. The log, runs by user and runs by start all hold chunks.
 */
import { Buffer } from "node:buffer";
import { unpackId } from "./ids.ts";

/** Sessions in a chunk of a run. */
export const CHUNK = 512;

/** A session, as far as it is known. Times in microseconds since the epoch; `received` in milliseconds. */
export interface StoredSession {
  readonly key: number;
  readonly userId: string;
  readonly sessionId: string;
  /** Of the start; `null` without one. */
  readonly country: string | null;
  readonly start: number | null;
  readonly end: number | null;
  /** When its first event was received; GONE marks one that is no more. */
  readonly received: number;
}

/** The `received` of what hides an older entry: before all times, so that it counts as expired. */
export const GONE = -1;

/** The place of the country of a session without one. */
export const NO_COUNTRY = 0xFFFF;
/** Count, bytes of countries. */
const HEADER = 8;
/** Bytes of a session beside its ids: four numbers of 64 bits, the end of its ids, their middle, its country. */
const WIDTH = 4 * 8 + 4 + 2 + 2;
/** Where the columns of `count` sessions lie. Eight-byte columns come first, so that each is aligned. */
const columnsOf = (count: number) => ({
  numbers: HEADER,
  idEnds: HEADER + count * 32,
  middles: HEADER + count * 36,
  countries: HEADER + count * 38,
  texts: HEADER + count * WIDTH,
});

type ColumnName =
  | "count"
  | "keys"
  | "starts"
  | "ends"
  | "received"
  | "idEnds"
  | "middles"
  | "countryOf"
  | "countries"
  | "idBytes";

/** Sessions, column by column. NaN stands for a time that is not known. */
export class Chunk {
  readonly count: number;
  readonly keys: Float64Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly received: Float64Array;
  /** Where each session's ids end among the bytes of all ids. */
  readonly idEnds: Uint32Array;
  /** Where a session's own id begins among its bytes. */
  readonly middles: Uint16Array;
  /** Places among the names of countries, or `NO_COUNTRY`. */
  readonly countryOf: Uint16Array;
  readonly countries: readonly string[];
  /** The ids of all sessions, one after the other. */
  readonly idBytes: Uint8Array;

  constructor(columns: Pick<Chunk, ColumnName>) {
    this.count = columns.count;
    this.keys = columns.keys;
    this.starts = columns.starts;
    this.ends = columns.ends;
    this.received = columns.received;
    this.idEnds = columns.idEnds;
    this.middles = columns.middles;
    this.countryOf = columns.countryOf;
    this.countries = columns.countries;
    this.idBytes = columns.idBytes;
  }

  /** The sessions of a blob, which are read where they lie. */
  static of(stored: Uint8Array): Chunk {
    // Columns in place ask for an even beginning.
    const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
    const { buffer, byteOffset } = bytes;
    const [count, names] = new Uint32Array(buffer, byteOffset, 2) as unknown as [number, number];
    const at = columnsOf(count);
    const numbers = (column: number) =>
      new Float64Array(buffer, byteOffset + at.numbers + column * count * 8, count);
    return new Chunk({
      count,
      keys: numbers(0),
      starts: numbers(1),
      ends: numbers(2),
      received: numbers(3),
      idEnds: new Uint32Array(buffer, byteOffset + at.idEnds, count),
      middles: new Uint16Array(buffer, byteOffset + at.middles, count),
      countryOf: new Uint16Array(buffer, byteOffset + at.countries, count),
      countries: JSON.parse(Buffer.from(buffer, byteOffset + at.texts, names).toString()),
      idBytes: bytes.subarray(at.texts + names),
    });
  }

  /** The blob of `Chunk.of`. */
  pack(): Uint8Array<ArrayBuffer> {
    const { count, idBytes } = this, at = columnsOf(count);
    const names = Buffer.from(JSON.stringify(this.countries));
    const bytes = new Uint8Array(at.texts + names.length + idBytes.length), { buffer } = bytes;
    new Uint32Array(buffer, 0, 2).set([count, names.length]);
    const numbers = new Float64Array(buffer, at.numbers, count * 4);
    numbers.set(this.keys);
    numbers.set(this.starts, count);
    numbers.set(this.ends, 2 * count);
    numbers.set(this.received, 3 * count);
    new Uint32Array(buffer, at.idEnds, count).set(this.idEnds);
    new Uint16Array(buffer, at.middles, count).set(this.middles);
    new Uint16Array(buffer, at.countries, count).set(this.countryOf);
    bytes.set(names, at.texts);
    bytes.set(idBytes, at.texts + names.length);
    return bytes;
  }

  /** About how large its blob is. */
  get bytes(): number {
    return columnsOf(this.count).texts + this.idBytes.length;
  }

  /** Where a session's ids begin. */
  idsFrom(i: number): number {
    return i === 0 ? 0 : this.idEnds[i - 1]!;
  }

  /** Where a session's ids end. */
  idsTo(i: number): number {
    return this.idEnds[i]!;
  }

  /** Both ids, as bytes. */
  ids(i: number): Uint8Array {
    return this.idBytes.subarray(this.idsFrom(i), this.idsTo(i));
  }

  /** Where the session's own id begins among its bytes. */
  middle(i: number): number {
    return this.middles[i]!;
  }

  userId(i: number): string {
    return unpackId(this.ids(i).subarray(0, this.middles[i]!));
  }

  sessionId(i: number): string {
    return unpackId(this.ids(i).subarray(this.middles[i]!));
  }

  country(i: number): string | null {
    return this.countries[this.countryOf[i]!] ?? null;
  }

  /** The countries that sessions have, each once. */
  seenCountries(): string[] {
    const seen = new Set<number>(this.countryOf);
    return this.countries.filter((_, place) => seen.has(place));
  }

  /** The places of countries in their order, by session; those without one come last. */
  countryRanks(): Uint16Array {
    const order = [...this.countries.keys()].sort((a, b) => this.countries[a]! < this.countries[b]! ? -1 : 1);
    const ranks = new Uint16Array(order.length);
    for (const [rank, country] of order.entries()) ranks[country] = rank;
    return this.countryOf.map((country) => country === NO_COUNTRY ? NO_COUNTRY : ranks[country]!);
  }

  session(i: number): StoredSession {
    return {
      key: this.keys[i]!,
      userId: this.userId(i),
      sessionId: this.sessionId(i),
      country: this.country(i),
      start: orNull(this.starts[i]!),
      end: orNull(this.ends[i]!),
      received: this.received[i]!,
    };
  }

  /** The first place whose key is at least this, in a chunk in the order of keys. */
  placeOf(key: number): number {
    let from = 0, to = this.count;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.keys[middle]! < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** What a column has of a time. */
export const orNull = (value: number) => Number.isNaN(value) ? null : value;

/** The order of two sessions' ids: any, but always the same. */
export function compareIds(a: Chunk, i: number, b: Chunk, j: number): number {
  const from = a.idsFrom(i), to = a.idsTo(i), other = b.idsFrom(j), end = b.idsTo(j);
  const middles = a.middle(i) - b.middle(j);
  if (middles !== 0) return middles;
  const length = Math.min(to - from, end - other), theirs = b.idBytes, ours = a.idBytes;
  for (let k = 0; k < length; k++) {
    const difference = ours[from + k]! - theirs[other + k]!;
    if (difference !== 0) return difference;
  }
  return to - from - (end - other);
}
