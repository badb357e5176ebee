/** Answers that are sent piece by piece: nobody waits for a long one, and a slow reader holds a piece of it. */
import { setImmediate } from "node:timers/promises";
import { describeError } from "../../domain/errors.ts";
import { USER_CONTENT } from "../respond.ts";
import type { Call } from "../route.ts";
import { type Hold, holding } from "../serving/answers.ts";
import { type Coding, packed, WORTH_PACKING } from "../serving/compression.ts";

type Bytes = Uint8Array<ArrayBuffer>;
/** The request that an answer is for. */
export type Asked = Pick<Call, "request" | "services" | "context">;

/** How an answer is sent piece by piece. */
export interface StreamOptions {
  readonly type: string;
  readonly headers?: Record<string, string>;
  /** What the client can unpack, if anything; `isNear`: a large answer is there sooner as it is. */
  readonly packing?: { readonly coding: Coding; readonly isNear: boolean } | undefined;
  /** Counts what the answer holds, where its pieces are made of bytes that are counted already. */
  readonly hold?: Hold;
}

/** An answer that is sent as it is made, and no faster than the client reads it. HEAD gets its head only. */
export async function streamed(
  call: Asked,
  made: AsyncGenerator<Bytes>,
  { type, headers, packing, hold = holding(call) }: StreamOptions,
): Promise<Response> {
  const { request: { method, url }, services: { log } } = call;
  const head: Record<string, string> = { "Content-Type": type, ...USER_CONTENT, ...headers };
  const pieces = counted(made, hold);
  // The first piece goes out only when there is one: until then an error has a status.
  const first = await pieces.next(), second = first.done ? first : await pieces.next();
  const start = [first, second].flatMap(({ done, value }) => done ? [] : [value!]);
  const isWhole = second.done === true;
  const isPacked = packing !== undefined &&
    (isWhole ? (start[0]?.length ?? 0) >= WORTH_PACKING : !packing.isNear);
  if (isPacked) head["Content-Encoding"] = packing.coding;
  if (method === "HEAD") {
    await pieces.return(undefined);
    if (isWhole && !isPacked) head["Content-Length"] = String(start[0]?.length ?? 0);
    return new Response(null, { headers: head });
  }
  if (isWhole && !isPacked) return new Response(start[0] ?? null, { headers: head });
  const all = resumed(start, pieces);
  const sent = isPacked ? packed(all, packing.coding) : all;
  let hasLeft = false;
  const body = new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        const { done, value } = await sent.next();
        if (hasLeft) return;
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // It can only break off. The path alone: a query may hold a key.
        log(`${method} ${new URL(url).pathname}: the answer broke off: ${describeError(error)}`);
        throw error;
      }
    },
    async cancel() {
      hasLeft = true;
      await sent.return(undefined);
    },
  }, { highWaterMark: 1 });
  return new Response(body, { headers: head });
}

/** Pieces, of which an answer holds two at a time: one on its way, and the next. */
async function* counted(pieces: AsyncGenerator<Bytes>, hold: Hold): AsyncGenerator<Bytes> {
  for await (const piece of pieces) {
    hold(2 * piece.byteLength);
    yield piece;
  }
}

/** Pieces that were taken already, then the others. Between two of them other requests have their turn. */
async function* resumed<T>(start: readonly T[], pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* start;
    for await (const piece of pieces) {
      yield piece;
      await setImmediate();
    }
  } finally {
    await pieces.return(undefined);
  }
}

/** Characters from which text is sent. */
const PIECE = 1 << 16;

/** A long list in JSON. */
export interface JsonList<T> {
  /** What stands before its elements; `[` unless given. */
  readonly before?: string;
  /** Pages that are read as they are asked for; each of few elements, for which all other requests wait. */
  readonly pages: AsyncIterable<readonly T[]>;
  readonly describe: (element: T) => unknown;
  /** What stands after the elements, once all are there; `]` unless given. */
  readonly after?: () => string;
}

/** An answer with a long list, which is sent as it is read. */
export function jsonList<T>(call: Asked, list: JsonList<T>): Promise<Response> {
  return streamed(call, encoded(listText(list)), { type: "application/json" });
}

async function* listText<T>({ before = "[", pages, describe, after = () => "]" }: JsonList<T>) {
  let text = before, separator = "";
  for await (const page of pages) {
    if (text.length > PIECE) {
      yield text;
      text = "";
    }
    for (const element of page) {
      text += separator + JSON.stringify(describe(element));
      separator = ",";
    }
  }
  yield text + after();
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
 * Pieces whose memory is given back once the one after the next is asked for: by then they are on their way. The garbage
 * collector would leave 100 to 200 MB of them. For pieces that nobody else holds, and a reader that takes each as it comes.
 */
export async function* released(pieces: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
  let last: Bytes | undefined;
  for await (const piece of pieces) {
    yield piece;
    if (last !== undefined && last.byteLength >= WORTH_RELEASING) last.buffer.transfer(0);
    last = piece;
  }
}
