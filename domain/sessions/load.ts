/** Events as JSON Lines, of any length, handed on in pieces. */
import { setImmediate } from "node:timers/promises";
import type { Issue } from "../errors.ts";
import { Event, MAX_BATCH, readPlainEvent, type SessionEvent } from "./event.ts";
import { type Line, linesOf, parseLine } from "../ndjson.ts";

/** Refusals that are told one by one. */
const TOLD = 10;
/** Lines that are read before others have their turn, a fraction of a millisecond apart. */
const LINES_A_TURN = 128;

/** Where loaded events go. */
export interface EventSink {
  /** Takes events, which need not be durable yet; resolves when more may come. It fails when storing has failed. */
  add(events: readonly SessionEvent[]): Promise<void>;
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
  const count: LoadCount = { accepted: 0, refused: 0, refusals: [] };
  let line = 0;
  for await (const lines of linesOf(pieces)) {
    for (let from = 0; from < lines.length; from += LINES_A_TURN) {
      const events: SessionEvent[] = [];
      for (const text of lines.slice(from, from + LINES_A_TURN)) {
        line++;
        const parsed = parseEvent(text);
        if (parsed !== undefined) tally(parsed, line, count, events);
      }
      await sink.add(events);
      onProgress?.(count);
      await setImmediate();
    }
  }
  await sink.end();
  return count;
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
  for (const [i, value] of values.entries()) tally(checkEvent(value), i, count, events);
  return { count, events };
}

function tally(checked: SessionEvent | Issue, line: number, count: LoadCount, events: SessionEvent[]): void {
  if (!("message" in checked)) {
    count.accepted++;
    events.push(checked);
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
