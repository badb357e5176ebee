/** Sessions in memory, each once: columns, and a hash table of their places. An object a session takes four times as much. */
import { type Chunk, orNull, type StoredSession } from "../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../db/sessions/format/chunk_writer.ts";
import { endOfUser, sessionKey, sessionKeyOfAscii } from "../../db/sessions/format/keys.ts";
import type { PlainEvent } from "./loading/plain_event.ts";
import { UNKNOWN_COUNTRY } from "./event.ts";
import { absorb, type FirstAlive, type Gathered, type Known, type SessionPart } from "./merge.ts";

/** Sessions for which there is room at first, unless more are expected. */
const FIRST_ROOM = 64;
/** No session has this place. */
const NOWHERE = -1;

/** Sessions that were gathered. */
export class SessionMap {
  readonly #rows: ChunkWriter;
  /** When the latest part of each session came. */
  #lasts: Float64Array;
  /** One more than a place, where the hash of its key says or after that; 0: free. At least half of it is free. */
  #slots: Int32Array;
  readonly #row: Row;
  /** What is being added. */
  readonly #part: Known = { country: null, start: null, end: null, received: 0 };
  /** All sessions as a chunk, until one is added. */
  #view: Chunk | undefined;
  /** Sessions as objects, as far as they were asked for and have not changed since: questions ask for the same again. */
  #objects: (Gathered | undefined)[] = [];

  /** `expected`: about how many sessions there will be. */
  constructor(readonly firstAlive: FirstAlive, expected = FIRST_ROOM) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(expected, FIRST_ROOM)));
    this.#rows = new ChunkWriter(room);
    this.#lasts = new Float64Array(room);
    this.#slots = new Int32Array(2 * room);
    this.#row = new Row(this.#rows);
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** All sessions, where they lie: good until more is added. */
  get chunk(): Chunk {
    return this.#view ??= this.#rows.view();
  }

  /** Adds what was received at a time, in milliseconds since the epoch. */
  add({ userId, sessionId, ...part }: SessionPart, received: number): void {
    this.#rows.draft(userId, sessionId);
    this.#addDraft(sessionKey(userId, sessionId), { ...part, received }, received);
  }

  /** The same with an event that was read from bytes. */
  addPlain(event: PlainEvent, received: number): void {
    const part = this.#part, { isStart, ts } = event;
    part.country = isStart ? event.country ?? UNKNOWN_COUNTRY : null;
    part.start = isStart ? ts : null;
    part.end = isStart ? null : ts;
    part.received = received;
    this.#rows.draftAscii(event.bytes, event);
    this.#addDraft(sessionKeyOfAscii(event.bytes, event), part, received);
  }

  /** Adds sessions as they were gathered, or stored. */
  addAll(sessions: Iterable<StoredSession & { readonly last?: number }>): void {
    for (const session of sessions) {
      this.#rows.draft(session.userId, session.sessionId);
      this.#addDraft(session.key, session, session.last ?? session.received);
    }
  }

  /** Adds what another map has gathered. */
  adopt(other: SessionMap): void {
    this.addChunk(other.chunk, other.#lasts);
  }

  /** Adds sessions as they are stored. `lasts`: when the latest part of each came. */
  addChunk(chunk: Chunk, lasts: Float64Array = chunk.received): void {
    const part = this.#part;
    for (let i = 0; i < chunk.count; i++) {
      part.country = chunk.country(i);
      part.start = orNull(chunk.starts[i]!);
      part.end = orNull(chunk.ends[i]!);
      part.received = chunk.received[i]!;
      this.#rows.draftCopy(chunk, i);
      this.#addDraft(chunk.keys[i]!, part, lasts[i]!);
    }
  }

  get(key: number, userId: string, sessionId: string): Gathered | undefined {
    this.#rows.draft(userId, sessionId);
    const place = this.#placeOfDraft(key);
    return place === NOWHERE ? undefined : this.session(place);
  }

  /** The place of a session of another map; undefined where it is not here. */
  placeOf({ chunk }: SessionMap, i: number): number | undefined {
    this.#rows.draftCopy(chunk, i);
    const place = this.#placeOfDraft(chunk.keys[i]!);
    return place === NOWHERE ? undefined : place;
  }

  /** A session, which is not to be changed. */
  session(place: number): Gathered {
    return this.#objects[place] ??= { ...this.chunk.session(place), last: this.#lasts[place]! };
  }

  *sessions(): Generator<Gathered> {
    for (let place = 0; place < this.size; place++) yield this.session(place);
  }

  /** The sessions of a user, whose first key that is. All keys are looked through: 20,000 take some 20 µs. */
  ofUser(firstKey: number, userId: string): Gathered[] {
    const { keys, size } = this.#rows, end = endOfUser(firstKey), found: Gathered[] = [];
    for (let place = 0; place < size; place++) {
      if (keys[place]! >= firstKey && keys[place]! < end) found.push(this.session(place));
    }
    return found.filter((session) => session.userId === userId);
  }

  /** When the last part of all came. */
  get last(): number {
    return this.#lasts.subarray(0, this.size).reduce((latest, last) => Math.max(latest, last), 0);
  }

  #addDraft(key: number, part: Readonly<Known>, at: number): void {
    const place = this.#placeOfDraft(key);
    if (place === NOWHERE) return this.#insertDraft(key, part, at);
    this.#row.place = place;
    absorb(this.#row, part, at, this.firstAlive);
    if (at > this.#lasts[place]!) this.#lasts[place] = at;
    if (place < this.#objects.length) this.#objects[place] = undefined;
  }

  #placeOfDraft(key: number): number {
    const { keys } = this.#rows, last = this.#slots.length - 1;
    for (let slot = slotOf(key) & last;; slot = (slot + 1) & last) {
      const place = this.#slots[slot]! - 1;
      if (place === NOWHERE || (keys[place] === key && this.#rows.isDraftOf(place))) return place;
    }
  }

  #insertDraft(key: number, { country, start, end, received }: Readonly<Known>, at: number): void {
    const place = this.#rows.size;
    if (place === this.#lasts.length) this.#grow();
    this.#rows.put(key, start ?? NaN, end ?? NaN, received, country);
    this.#lasts[place] = at;
    this.#fill(place, key);
    this.#view = undefined;
  }

  #fill(place: number, key: number): void {
    const last = this.#slots.length - 1;
    let slot = slotOf(key) & last;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & last;
    this.#slots[slot] = place + 1;
  }

  #grow(): void {
    const capacity = 2 * this.#lasts.length, lasts = new Float64Array(capacity);
    lasts.set(this.#lasts);
    this.#lasts = lasts;
    this.#slots = new Int32Array(2 * capacity);
    for (let place = 0; place < this.size; place++) this.#fill(place, this.#rows.keys[place]!);
  }
}

/** Differs between processes: whoever chooses ids cannot make all of them begin at one slot. */
const [seed] = crypto.getRandomValues(new Uint32Array(1));

function slotOf(key: number): number {
  const low = Math.imul((key >>> 0) ^ seed!, 0x9E3779B1);
  const mixed = Math.imul(low ^ (low >>> 15) ^ Math.floor(key / 2 ** 32), 0x85EBCA77);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** One of the sessions in columns, as the rule of merging sees it. */
class Row implements Known {
  place = 0;

  constructor(readonly rows: ChunkWriter) {}

  get country(): string | null {
    return this.rows.country(this.place);
  }

  set country(country: string | null) {
    this.rows.setCountry(this.place, country);
  }

  get start(): number | null {
    return orNull(this.rows.starts[this.place]!);
  }

  set start(start: number | null) {
    this.rows.starts[this.place] = start ?? NaN;
  }

  get end(): number | null {
    return orNull(this.rows.ends[this.place]!);
  }

  set end(end: number | null) {
    this.rows.ends[this.place] = end ?? NaN;
  }

  get received(): number {
    return this.rows.received[this.place]!;
  }

  set received(received: number) {
    this.rows.received[this.place] = received;
  }
}
