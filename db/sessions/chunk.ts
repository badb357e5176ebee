/**
 * Sessions as a blob, column by column at fixed widths: numbers are read where they lie, and what is not asked for is
 * not looked at. The log, runs by user and runs by start all hold chunks.
 */
import { Buffer } from "node:buffer";
import { MAX_ID_BYTES, packId, unpackId } from "./ids.ts";

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

const NO_COUNTRY = 0xFFFF;
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

/** Gathers sessions into a chunk. */
export class ChunkWriter {
  #size = 0;
  #numbers: Float64Array;
  #idEnds: Uint32Array;
  #middles: Uint16Array;
  #countryOf: Uint16Array;
  readonly #countries = new Map<string, number>();
  #ids = new Uint8Array(64 * CHUNK);
  #idsEnd = 0;

  constructor(capacity = CHUNK) {
    this.#numbers = new Float64Array(capacity * 4);
    this.#idEnds = new Uint32Array(capacity);
    this.#middles = new Uint16Array(capacity);
    this.#countryOf = new Uint16Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  add(session: StoredSession): void {
    const { key, userId, sessionId, country, start, end, received } = session;
    this.#makeRoom(2 * MAX_ID_BYTES);
    const from = this.#idsEnd, middle = packId(userId, this.#ids, from);
    this.#idsEnd = packId(sessionId, this.#ids, middle);
    this.#put(key, start ?? NaN, end ?? NaN, received, middle - from, country);
  }

  /** A session of another chunk, with another time of receipt if one is given. */
  copy(chunk: Chunk, i: number, received = chunk.received[i]!): void {
    const from = chunk.idsFrom(i), to = chunk.idsTo(i), { idBytes } = chunk;
    this.#makeRoom(to - from);
    const ids = this.#ids;
    let end = this.#idsEnd;
    // A view of so few bytes costs more than copying them.
    for (let at = from; at < to; at++) ids[end++] = idBytes[at]!;
    this.#idsEnd = end;
    this.#put(chunk.keys[i]!, chunk.starts[i]!, chunk.ends[i]!, received, chunk.middle(i), chunk.country(i));
  }

  /** The blob; the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const count = this.#size, at = columnsOf(count);
    const names = Buffer.from(JSON.stringify([...this.#countries.keys()]));
    const bytes = new Uint8Array(at.texts + names.length + this.#idsEnd);
    new Uint32Array(bytes.buffer, 0, 2).set([count, names.length]);
    const numbers = new Float64Array(bytes.buffer, at.numbers, count * 4), capacity = this.#idEnds.length;
    for (let column = 0; column < 4; column++) {
      numbers.set(this.#numbers.subarray(column * capacity, column * capacity + count), column * count);
    }
    new Uint32Array(bytes.buffer, at.idEnds, count).set(this.#idEnds.subarray(0, count));
    new Uint16Array(bytes.buffer, at.middles, count).set(this.#middles.subarray(0, count));
    new Uint16Array(bytes.buffer, at.countries, count).set(this.#countryOf.subarray(0, count));
    bytes.set(names, at.texts);
    bytes.set(this.#ids.subarray(0, this.#idsEnd), at.texts + names.length);
    this.#size = this.#idsEnd = 0;
    this.#countries.clear();
    return bytes;
  }

  #put(
    key: number,
    start: number,
    end: number,
    received: number,
    middle: number,
    country: string | null,
  ): void {
    const i = this.#size++, capacity = this.#idEnds.length;
    this.#numbers[i] = key;
    this.#numbers[capacity + i] = start;
    this.#numbers[2 * capacity + i] = end;
    this.#numbers[3 * capacity + i] = received;
    this.#idEnds[i] = this.#idsEnd;
    this.#middles[i] = middle;
    this.#countryOf[i] = country === null ? NO_COUNTRY : this.#indexOf(country);
  }

  #indexOf(country: string): number {
    let index = this.#countries.get(country);
    if (index === undefined) this.#countries.set(country, index = this.#countries.size);
    return index;
  }

  #makeRoom(bytes: number): void {
    if (this.#idsEnd + bytes <= this.#ids.length) return;
    const larger = new Uint8Array(2 * (this.#idsEnd + bytes));
    larger.set(this.#ids);
    this.#ids = larger;
  }
}

/** A chunk as it was taken from a writer. NaN stands for a time that is not known. */
export class Chunk {
  /** How large it is. */
  readonly bytes: number;
  readonly count: number;
  readonly keys: Float64Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly received: Float64Array;
  readonly #idEnds: Uint32Array;
  readonly #middles: Uint16Array;
  readonly #countryOf: Uint16Array;
  /** The ids of all sessions, one after the other. */
  readonly idBytes: Uint8Array;
  readonly #countries: readonly string[];

  constructor(stored: Uint8Array) {
    // Columns are read in place, which asks for an even beginning.
    const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
    const { buffer, byteOffset } = bytes;
    const [count, names] = new Uint32Array(buffer, byteOffset, 2) as unknown as [number, number];
    const at = columnsOf(count);
    const numbers = (column: number) =>
      new Float64Array(buffer, byteOffset + at.numbers + column * count * 8, count);
    this.bytes = bytes.length;
    this.count = count;
    this.keys = numbers(0);
    this.starts = numbers(1);
    this.ends = numbers(2);
    this.received = numbers(3);
    this.#idEnds = new Uint32Array(buffer, byteOffset + at.idEnds, count);
    this.#middles = new Uint16Array(buffer, byteOffset + at.middles, count);
    this.#countryOf = new Uint16Array(buffer, byteOffset + at.countries, count);
    this.#countries = JSON.parse(Buffer.from(buffer, byteOffset + at.texts, names).toString());
    this.idBytes = bytes.subarray(at.texts + names);
  }

  /** Where a session's ids begin. */
  idsFrom(i: number): number {
    return i === 0 ? 0 : this.#idEnds[i - 1]!;
  }

  /** Where a session's ids end. */
  idsTo(i: number): number {
    return this.#idEnds[i]!;
  }

  /** Both ids, as bytes. */
  ids(i: number): Uint8Array {
    return this.idBytes.subarray(this.idsFrom(i), this.idsTo(i));
  }

  /** Where the session's id begins among its bytes. */
  middle(i: number): number {
    return this.#middles[i]!;
  }

  userId(i: number): string {
    return unpackId(this.ids(i).subarray(0, this.#middles[i]!));
  }

  sessionId(i: number): string {
    return unpackId(this.ids(i).subarray(this.#middles[i]!));
  }

  country(i: number): string | null {
    return this.#countries[this.#countryOf[i]!] ?? null;
  }

  /** The places of countries in their order, by session; those without one come last. */
  countryRanks(): Uint16Array {
    const order = [...this.#countries.keys()].sort((a, b) =>
      this.#countries[a]! < this.#countries[b]! ? -1 : 1
    );
    const ranks = new Uint16Array(order.length);
    for (const [rank, country] of order.entries()) ranks[country] = rank;
    return this.#countryOf.map((country) => country === NO_COUNTRY ? NO_COUNTRY : ranks[country]!);
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

const orNull = (value: number) => Number.isNaN(value) ? null : value;

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
