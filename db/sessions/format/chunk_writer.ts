/** Gathering sessions into chunks. Their ids are written first, as a draft that may turn out to be of a session that is here. */
import { CHUNK, Chunk, NO_COUNTRY, type StoredSession } from "./chunk.ts";
import { type IdPlaces, MAX_ID_BYTES, packAscii, packId } from "./ids.ts";

/** Bytes that the ids of a session mostly take at most. */
const USUAL_ID_BYTES = 64;

/** Gathers sessions, column by column; all of them make a chunk. */
export class ChunkWriter {
  #size = 0;
  keys: Float64Array<ArrayBuffer>;
  starts: Float64Array<ArrayBuffer>;
  ends: Float64Array<ArrayBuffer>;
  received: Float64Array<ArrayBuffer>;
  #idEnds: Uint32Array<ArrayBuffer>;
  #middles: Uint16Array<ArrayBuffer>;
  #countryOf: Uint16Array<ArrayBuffer>;
  #countries: string[] = [];
  readonly #indexes = new Map<string, number>();
  #ids: Uint8Array<ArrayBuffer>;
  #idsEnd = 0;
  /** The ids that were drafted: they lie after all others. */
  #draftMiddle = 0;
  #draftEnd = 0;

  /** `capacity`: sessions for which there is room before it grows. */
  constructor(capacity = CHUNK) {
    this.keys = new Float64Array(capacity);
    this.starts = new Float64Array(capacity);
    this.ends = new Float64Array(capacity);
    this.received = new Float64Array(capacity);
    this.#idEnds = new Uint32Array(capacity);
    this.#middles = new Uint16Array(capacity);
    this.#countryOf = new Uint16Array(capacity);
    this.#ids = new Uint8Array(USUAL_ID_BYTES * capacity);
  }

  get size(): number {
    return this.#size;
  }

  add({ key, userId, sessionId, country, start, end, received }: StoredSession): void {
    this.draft(userId, sessionId);
    this.put(key, start ?? NaN, end ?? NaN, received, country);
  }

  /** A session of another chunk, with another time of receipt if one is given. */
  copy(chunk: Chunk, i: number, received = chunk.received[i]!): void {
    this.draftCopy(chunk, i);
    this.put(chunk.keys[i]!, chunk.starts[i]!, chunk.ends[i]!, received, chunk.country(i));
  }

  /** Writes the ids of a session that is `put` next, or was there already. */
  draft(userId: string, sessionId: string): void {
    this.#makeRoom(2 * MAX_ID_BYTES);
    this.#draftMiddle = packId(userId, this.#ids, this.#idsEnd);
    this.#draftEnd = packId(sessionId, this.#ids, this.#draftMiddle);
  }

  /** The same with ids of ASCII characters: each from one place of the bytes to before another. */
  draftAscii(bytes: Uint8Array, { userFrom, userTo, sessionFrom, sessionTo }: IdPlaces): void {
    this.#makeRoom(2 * MAX_ID_BYTES);
    this.#draftMiddle = packAscii(bytes, userFrom, userTo, this.#ids, this.#idsEnd);
    this.#draftEnd = packAscii(bytes, sessionFrom, sessionTo, this.#ids, this.#draftMiddle);
  }

  /** The same with the ids of a session in a chunk. */
  draftCopy(chunk: Chunk, i: number): void {
    const from = chunk.idsFrom(i), to = chunk.idsTo(i), { idBytes } = chunk;
    this.#makeRoom(to - from);
    const ids = this.#ids;
    let end = this.#idsEnd;
    this.#draftMiddle = end + chunk.middle(i);
    // A view of so few bytes costs more than copying them.
    for (let at = from; at < to; at++) ids[end++] = idBytes[at]!;
    this.#draftEnd = end;
  }

  /** Whether the ids that were drafted are those of a session that is here. */
  isDraftOf(i: number): boolean {
    const from = i === 0 ? 0 : this.#idEnds[i - 1]!, draft = this.#idsEnd, ids = this.#ids;
    const length = this.#draftEnd - draft;
    if (this.#idEnds[i]! - from !== length || this.#middles[i] !== this.#draftMiddle - draft) return false;
    for (let k = 0; k < length; k++) if (ids[from + k] !== ids[draft + k]) return false;
    return true;
  }

  /** Adds the session whose ids were drafted; NaN stands for a time that is not known. */
  put(key: number, start: number, end: number, received: number, country: string | null): void {
    if (this.#size === this.keys.length) this.#grow();
    const i = this.#size++;
    this.keys[i] = key;
    this.starts[i] = start;
    this.ends[i] = end;
    this.received[i] = received;
    this.#middles[i] = this.#draftMiddle - this.#idsEnd;
    this.#idEnds[i] = this.#idsEnd = this.#draftEnd;
    this.setCountry(i, country);
  }

  country(i: number): string | null {
    return this.#countries[this.#countryOf[i]!] ?? null;
  }

  setCountry(i: number, country: string | null): void {
    this.#countryOf[i] = country === null ? NO_COUNTRY : this.#indexOf(country);
  }

  /** All sessions, where they lie: what is added later, or taken, may change them. */
  view(): Chunk {
    const count = this.#size;
    return new Chunk({
      count,
      keys: this.keys.subarray(0, count),
      starts: this.starts.subarray(0, count),
      ends: this.ends.subarray(0, count),
      received: this.received.subarray(0, count),
      idEnds: this.#idEnds.subarray(0, count),
      middles: this.#middles.subarray(0, count),
      countryOf: this.#countryOf.subarray(0, count),
      countries: this.#countries,
      idBytes: this.#ids.subarray(0, this.#idsEnd),
    });
  }

  /** The blob; the writer is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.view().pack();
    this.#size = this.#idsEnd = 0;
    this.#countries = [];
    this.#indexes.clear();
    return bytes;
  }

  #indexOf(country: string): number {
    let index = this.#indexes.get(country);
    if (index === undefined) {
      if (this.#countries.length === NO_COUNTRY) this.#forgetUnused();
      this.#indexes.set(country, index = this.#countries.length);
      this.#countries.push(country);
    }
    return index;
  }

  /** Forgets the countries that sessions had before: places among all that ever came would have no end. */
  #forgetUnused(): void {
    const countries = this.#countries.splice(0), countryOf = this.#countryOf.subarray(0, this.#size);
    this.#indexes.clear();
    for (const [i, place] of countryOf.entries()) this.setCountry(i, countries[place] ?? null);
  }

  #grow(): void {
    const capacity = 2 * this.#size;
    this.keys = grown(this.keys, new Float64Array(capacity));
    this.starts = grown(this.starts, new Float64Array(capacity));
    this.ends = grown(this.ends, new Float64Array(capacity));
    this.received = grown(this.received, new Float64Array(capacity));
    this.#idEnds = grown(this.#idEnds, new Uint32Array(capacity));
    this.#middles = grown(this.#middles, new Uint16Array(capacity));
    this.#countryOf = grown(this.#countryOf, new Uint16Array(capacity));
  }

  #makeRoom(bytes: number): void {
    if (this.#idsEnd + bytes <= this.#ids.length) return;
    this.#ids = grown(this.#ids, new Uint8Array(2 * (this.#idsEnd + bytes)));
  }
}

function grown<Column extends { set(from: Column): void }>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}
