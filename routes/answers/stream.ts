/** Answers that are sent piece by piece: nobody waits for a long one, and a slow reader holds a piece of it. */
import { setImmediate } from "node:timers/promises";
import { clientLeft, describeError } from "../../domain/errors.ts";
import type { Permitted } from "../live/permission.ts";
import { USER_CONTENT } from "../respond.ts";
import type { Semaphore } from "../../domain/short_steps.ts";
import { bodyOf } from "./body.ts";
import { Hold } from "../serving/answers.ts";
import { type Coding, packed, WORTH_PACKING } from "../serving/compression.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How an answer is sent piece by piece. */
export interface StreamOptions {
  readonly type: string;
  readonly headers?: Record<string, string>;
  /** What the client can unpack, if anything; `isNear`: a large answer is there sooner as it is. */
  readonly packing?: { readonly coding: Coding; readonly isNear: boolean } | undefined;
  /** Its pieces are made of pages that are read in a short time: few of them are made at once. */
  readonly isPaged?: boolean;
  /** Counts what the answer holds, where that began before its first piece is made. */
  readonly hold?: Hold | undefined;
}

/**
 * What is taken of a long answer whose client takes none, beside what the system buffers: Deno has a buffer of 64 KiB. A
 * piece goes beyond its limit, one waits before it and one after it. Measured: 250 KiB in pieces of 64 KiB, 2.2 MiB in
 * pieces of 1 MiB.
 */
const BUFFERED_AHEAD = 64 << 10, PIECES_AHEAD = 4;

/** Bytes that a long answer in pieces of so many bytes holds, at most, for a client that takes nothing. */
function heldBy(piece: number): number {
  return BUFFERED_AHEAD + PIECES_AHEAD * piece;
}

/**
 * An answer that is sent as it is made, and no faster than the client reads it. HEAD gets the head alone. The bytes that
 * the answer holds are counted; if there is no room for the first two pieces: `overloaded`.
 */
export async function streamed(
  call: Permitted,
  made: AsyncGenerator<Bytes>,
  { type, headers, packing, isPaged = false, hold = new Hold(call) }: StreamOptions,
): Promise<Response> {
  const { request: { method, url }, services: { log } } = call;
  const head: Record<string, string> = { "Content-Type": type, ...USER_CONTENT, ...headers };
  const pieces = counted(isPaged ? fewAtOnce(made, call.services.admission.pages) : made, hold);
  // The first piece goes out only when there is one: until then an error has a status.
  const start = await firstTwo(call.request, pieces), length = start[0]?.byteLength ?? 0;
  const isWhole = start.length < 2;
  if (isWhole) hold.exactly(length);
  const isPacked = packing !== undefined &&
    (isWhole ? length >= WORTH_PACKING : !packing.isNear);
  if (isPacked) head["Content-Encoding"] = packing.coding;
  if (method === "HEAD") {
    await pieces.return(undefined);
    if (isWhole && !isPacked) head["Content-Length"] = String(length);
    return new Response(null, { headers: head });
  }
  if (isWhole && !isPacked) return new Response(start[0] ?? null, { headers: head });
  const all = resumed(start, pieces);
  const sent = isPacked ? packed(all, packing.coding) : all;
  let hasLeft = false;
  const body = bodyOf(call, {
    async next() {
      try {
        const { done, value } = await sent.next();
        return done ? undefined : value;
      } catch (error) {
        // It can only break off. The path alone: a query may hold a key.
        if (!hasLeft) {
          log(`${method} ${new URL(url).pathname}: the answer broke off: ${describeError(error)}`);
        }
        throw error;
      }
    },
    async end() {
      hasLeft = true;
      await sent.return(undefined);
    },
  }, 1);
  return new Response(body, { headers: head });
}

/** Throws where the client of a request has left: nothing more is to be read for it. */
export function checkPresence({ signal }: Request): void {
  if (signal.aborted) throw clientLeft();
}

/** Those of an answer that is refused, or whose client leaves, are given back: nobody else holds them. */
async function firstTwo(request: Request, pieces: AsyncGenerator<Bytes>): Promise<Bytes[]> {
  const start: Bytes[] = [];
  try {
    while (start.length < 2) {
      checkPresence(request);
      const { done, value } = await pieces.next();
      if (done) break;
      start.push(value);
    }
    return start;
  } catch (error) {
    start.forEach(release);
    throw error;
  }
}

/** Pieces, few of which are made at once. While a client is waited for, none is made. */
async function* fewAtOnce(pieces: AsyncGenerator<Bytes>, semaphore: Semaphore): AsyncGenerator<Bytes> {
  try {
    while (true) {
      const { done, value } = await semaphore.run(() => pieces.next());
      if (done) return;
      yield value;
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Counts the bytes that an answer holds: one piece while there is no second; from then on `heldBy` the largest piece. */
async function* counted(pieces: AsyncGenerator<Bytes>, hold: Hold): AsyncGenerator<Bytes> {
  let largest = 0;
  for await (const piece of pieces) {
    const isFirst = largest === 0;
    largest = Math.max(largest, piece.byteLength);
    try {
      hold.atLeast(isFirst ? largest : heldBy(largest));
    } catch (error) {
      release(piece);
      throw error;
    }
    yield piece;
  }
}

/** Pieces that were taken already, then the others. Between two of them other requests have their turn. */
async function* resumed<T>(start: T[], pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* sending(start);
    for await (const piece of pieces) {
      yield piece;
      await setImmediate();
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Things from the first to the last, each of them let go of when it is given. */
export function* sending<T>(things: T[]): Generator<T> {
  for (let thing = things.shift(); thing !== undefined; thing = things.shift()) yield thing;
}

/** Characters from which text is sent. */
const PIECE = 1 << 16;

/** A long list in JSON. */
export interface JsonList {
  /** What stands before its elements; `[` unless given. */
  readonly before?: string;
  /** Its elements in JSON, with commas between them: pages that are read as they are asked for, each of few elements. */
  readonly elements: AsyncIterable<string>;
  /** What stands after the elements, once all are there; `]` unless given. */
  readonly after?: () => string;
}

/** An answer with a long list, which is sent as it is read. */
export function jsonList(call: Permitted, list: JsonList): Promise<Response> {
  return streamed(call, listBytes(list), { type: "application/json", isPaged: true });
}

async function* listBytes({ before = "[", elements, after = () => "]" }: JsonList): AsyncGenerator<Bytes> {
  const encoder = new TextEncoder();
  let text = before, separator = "";
  for await (const some of elements) {
    if (some === "") continue;
    text += separator + some;
    separator = ",";
    if (text.length < PIECE) continue;
    const bytes = encoder.encode(text);
    // What waits to be sent is held once.
    text = "";
    yield bytes;
  }
  yield encoder.encode(text + after());
}

/** Elements in JSON, with commas between them. */
function elementsOf<T>(page: readonly T[], describe: (element: T) => unknown): string {
  return JSON.stringify(page.map(describe)).slice(1, -1);
}

/** Pages of elements as `JsonList` has them. */
export async function* described<T>(
  pages: AsyncIterable<readonly T[]>,
  describe: (element: T) => unknown,
): AsyncGenerator<string> {
  for await (const page of pages) yield elementsOf(page, describe);
}

/** Pages of one element each. */
export async function* single<T>(elements: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  for await (const element of elements) yield [element];
}

/** The first elements of a list that was asked for one more than `limit`, and whether there is that one. */
export class FirstOf<T> {
  hasMore = false;
  /** The last of those that were read. */
  last: T | undefined;

  constructor(readonly given: AsyncIterable<readonly T[]>, readonly limit: number) {}

  async *pages(): AsyncGenerator<readonly T[]> {
    let left = this.limit;
    for await (const page of this.given) {
      this.hasMore = page.length > left;
      const wanted = page.slice(0, left);
      left -= wanted.length;
      this.last = wanted.at(-1) ?? this.last;
      yield wanted;
    }
  }
}

/** Text as bytes. */
export async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Bytes> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}

/** Bytes from which the memory of a piece is worth giving back at once. */
const WORTH_RELEASING = 64 << 10;

/**
 * Pieces whose memory is given back once the one after the next is asked for: by then they are on their way. Where the
 * reader stops before the end, it is given back at once. The garbage collector would leave 100 to 200 MB of them. For
 * pieces that nobody else holds, and a reader that takes each as it comes.
 */
export async function* released(pieces: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let last: Bytes | undefined, current: Bytes | undefined, isWhole = false;
  try {
    for await (current of pieces) {
      yield current;
      release(last);
      last = current;
    }
    isWhole = true;
  } finally {
    if (!isWhole) {
      release(last);
      release(current);
    }
  }
}

/** The same pieces, all of which an answer holds now. No room for them: `overloaded`, and their memory is given back. */
export function heldPage(pieces: Bytes[], hold: Hold): Bytes[] {
  try {
    hold.atLeast(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
    return pieces;
  } catch (error) {
    pieces.forEach(release);
    throw error;
  }
}

function release(piece: Bytes | undefined): void {
  if (piece !== undefined && piece.byteLength >= WORTH_RELEASING) piece.buffer.transfer(0);
}
