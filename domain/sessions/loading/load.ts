/** Events as JSON Lines, of any length, handed on in pieces. */
import { setImmediate } from "node:timers/promises";
import type { Issue } from "../../errors.ts";
import { Event, MAX_BATCH, readPlainEvent, type SessionEvent } from "../event.ts";
import { blocksOf, LF, type Line, lineOf, parseLine } from "../../ndjson.ts";
import { PlainEvent } from "./plain_event.ts";

/** Refusals that are told one by one. */
const TOLD = 10;
/** Lines that are read before others have their turn, a fraction of a millisecond apart. */
const LINES_A_TURN = 256;

/** Where loaded events go. */
export interface EventSink {
  /** Takes an event, which need not be durable yet. */
  add(event: SessionEvent): void;
  /** The same with an event whose bytes are good until the next one is read. */
  addPlain(event: PlainEvent): void;
  /** Resolves when more may come. It fails when storing has failed. */
  ready(): Promise<void>;
  /** Resolves when everything taken is durable. */
  end(): Promise<void>;
}

/** How far loading is, or what came of it. */
export interface LoadCount {
  /** Lines that hold an event. */
  accepted: number;
  refused: number;
  /** The first refusals, by line number (from 1), or in an array by index (from 0). */
  readonly refusals: (Issue & { readonly line: number })[];
}

/**
 * Hands on every valid line and counts the others. Every accepted line is durable when it resolves. It fails when
 * storing does; then what was stored before stays, and loading again stores the rest.
 */
export async function loadLines(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: EventSink,
  onProgress?: (count: LoadCount) => void,
): Promise<LoadCount> {
  const reader = new LineReader(sink);
  let read = 0;
  for await (const { bytes, startsTooLong } of blocksOf(pieces)) {
    let isTooLong = startsTooLong;
    for (let from = 0, to; from < bytes.length || isTooLong; from = to + 1) {
      to = bytes.indexOf(LF, from);
      if (to < 0) to = bytes.length;
      if (isTooLong) reader.readText(undefined);
      else reader.read(bytes, from, to);
      isTooLong = false;
      if (++read % LINES_A_TURN !== 0) continue;
      await sink.ready();
      onProgress?.(reader.count);
      await setImmediate();
    }
  }
  onProgress?.(reader.count);
  await sink.end();
  return reader.count;
}

/** Reads lines, and hands their events on. */
class LineReader {
  readonly count: LoadCount = { accepted: 0, refused: 0, refusals: [] };
  readonly #sink: EventSink;
  readonly #plain = new PlainEvent();
  #line = 0;

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  read(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#plain.read(bytes, from, to)) return this.readText(lineOf(bytes.subarray(from, to)));
    this.#line++;
    this.count.accepted++;
    this.#sink.addPlain(this.#plain);
  }

  readText(text: Line): void {
    this.#line++;
    const parsed = parseEvent(text);
    if (parsed !== undefined) tally(parsed, this.#line, this.count, (event) => this.#sink.add(event));
  }
}

/** The events of an array, all of them written plainly; undefined otherwise. */
export function plainEvents(values: unknown): SessionEvent[] | undefined {
  if (!Array.isArray(values) || values.length === 0 || values.length > MAX_BATCH) return undefined;
  const events: SessionEvent[] = [];
  for (const value of values) {
    const event = readPlainEvent(value);
    if (event === undefined) return undefined;
    events.push(event);
  }
  return events;
}

/** The events of an array that are valid, and how many are not. */
export function sortOut(values: readonly unknown[]): { count: LoadCount; events: SessionEvent[] } {
  const count: LoadCount = { accepted: 0, refused: 0, refusals: [] }, events: SessionEvent[] = [];
  for (const [i, value] of values.entries()) {
    tally(checkEvent(value), i, count, (event) => events.push(event));
  }
  return { count, events };
}

function tally(
  checked: SessionEvent | Issue,
  line: number,
  count: LoadCount,
  accept: (event: SessionEvent) => void,
): void {
  if (!("message" in checked)) {
    count.accepted++;
    accept(checked);
  } else if (count.refused++ < TOLD) count.refusals.push({ line, ...checked });
}

/** The event of a line, or what is wrong with it; undefined for an empty line. */
function parseEvent(line: Line): SessionEvent | Issue | undefined {
  const parsed = parseLine(line);
  if (parsed === undefined) return undefined;
  if ("message" in parsed) return { path: "", message: parsed.message };
  return checkEvent(parsed.value);
}

function checkEvent(value: unknown): SessionEvent | Issue {
  const plain = readPlainEvent(value);
  if (plain !== undefined) return plain;
  const result = Event.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  return { path: path.join("."), message };
}
