/** Turning bodies into frames; a large body is parsed in a thread of its own, so that other requests go on. */
import { setImmediate } from "node:timers";
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { readCsv } from "./csv/read_csv.ts";
import { invalid } from "../../errors.ts";
import type { ChunkContent } from "../../../db/series/changes.ts";
import type { DataFrame } from "../frame/frame.ts";
import type { FrameFormat } from "../answer.ts";
import { readNdjson } from "./json/ndjson.ts";
import type { ReadOptions } from "./options.ts";
import { readFrame } from "./json/read_frame.ts";
import { type TextPiece, TextPieces } from "./text_pieces.ts";
import { inZone } from "../frame/zone.ts";
import { Semaphore } from "../../short_steps.ts";
import type { PackedFrame } from "../storage/packing.ts";
import { mayStartThreads, startThread, type Thread } from "../../operation/threads.ts";

/** What a thread is asked: the bytes of a body, and what they are. */
export interface ParseRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: FrameFormat;
  readonly options: ReadOptions;
  /** Names of the columns that its series has, for which the frame is also packed; undefined: it is not. */
  readonly packFor?: readonly string[] | undefined;
}

/** A body that was read. */
export interface ParsedBody {
  readonly frame: DataFrame;
  /** The frame as chunks, if a thread packed it. */
  readonly packed?: PackedFrame | undefined;
}

/** What it answers at last; `places` are those of the chunks that came ahead. */
export type ParseAnswer = { readonly frame: DataFrame; readonly places?: string | undefined } | Refused;
/** The message of a RunnelError. */
interface Refused {
  readonly refused: string;
}

/** The chunks of one commit, after those that came before; they come ahead of all else. */
export interface ChunkPiece {
  readonly chunks: readonly ChunkContent[];
}
/** What it is sent for each piece of texts, which come ahead of the frame. */
export const NEXT = "next";

/** Bodies from this size on are read in a thread: starting it takes as long as reading 1 MB. */
export const WORTH_A_THREAD = 1 << 20;
/** Threads at a time: each holds a body, its text and its frame. */
const MAX_THREADS = 2;
/** A thread without work goes, and its memory with it. */
const IDLE_MS = 10_000;

/** Reads a body. Throws RunnelError for whatever is not such a frame. */
export async function parseBody(request: ParseRequest): Promise<DataFrame> {
  const frame = await readBody(request), { tz } = request.options;
  return tz === undefined ? frame : inZone(frame, tz);
}

async function readBody({ bytes, format, options }: ParseRequest): Promise<DataFrame> {
  // Loaded when they are needed first: their libraries are large.
  if (format === "arrow" || format === "feather") {
    return (await import("../typed/arrow_read.ts")).readArrow(bytes, options);
  }
  if (format === "parquet") {
    return await (await import("../typed/parquet/read.ts")).readParquet(bytes, options);
  }
  if (format === "csv") return readCsv(bytes, options);
  const text = decodeUtf8(bytes);
  if (format === "ndjson") return readNdjson(text, options);
  return readFrame(text, format, options);
}

/** The text of a body. Looking ahead whether it is sound takes a tenth of the time that a fatal TextDecoder takes. */
function decodeUtf8(bytes: Uint8Array<ArrayBuffer>): string {
  if (isAscii(bytes)) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  }
  if (!isUtf8(bytes)) throw invalid("The body is not UTF-8.");
  return new TextDecoder().decode(bytes);
}

/** Reads bodies, large ones in threads. Where there are no threads, all are read at once. */
export class Parser {
  /** Threads that wait for work: what one has compiled makes its next body twice as fast. */
  readonly #idle: ParserThread[] = [];
  readonly #threads = new Semaphore(MAX_THREADS);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Throws RunnelError for whatever is not such a frame. The bytes are gone afterwards. */
  async parse(request: ParseRequest): Promise<ParsedBody> {
    if (request.bytes.length < WORTH_A_THREAD || !mayStartThreads()) {
      return { frame: await parseBody(request) };
    }
    const answer = await this.#threads.run(() => this.#parseInThread(request));
    if ("refused" in answer) throw invalid(answer.refused);
    return answer;
  }

  /** Ends the threads that are idle. */
  close(): void {
    this.#endIdle();
  }

  #endIdle(): void {
    clearTimeout(this.#timer);
    for (const thread of this.#idle.splice(0)) thread.end();
  }

  async #parseInThread(request: ParseRequest): Promise<ParsedBody | Refused> {
    const thread = this.#idle.pop() ?? new ParserThread();
    const answer = await thread.ask(request);
    this.#idle.push(thread);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#endIdle(), IDLE_MS);
    return answer;
  }
}

/** A thread that reads one body at a time. */
class ParserThread {
  readonly #thread: Thread;
  #fail = (_: string) => {};

  constructor() {
    const module = new URL("./parser_worker.ts", import.meta.url);
    this.#thread = startThread(module, "runnel-parser", (message) => this.#fail(message));
  }

  /** Rejects when the thread failed: it has ended then. */
  ask(request: ParseRequest): Promise<ParsedBody | Refused> {
    const { promise, resolve, reject } = Promise.withResolvers<ParsedBody | Refused>();
    const { port } = this.#thread, pieces = new TextPieces(), commits: (readonly ChunkContent[])[] = [];
    port.onmessage = ({ data }: MessageEvent<ParseAnswer | TextPiece | ChunkPiece>) => {
      if ("chunks" in data) commits.push(data.chunks);
      else if ("cells" in data) {
        pieces.add(data);
        // Others have a turn before the next one is read.
        setImmediate(() => port.postMessage(NEXT));
      } else if ("refused" in data) resolve(data);
      else {
        const { frame, places } = data;
        const packed = places === undefined ? undefined : { places, commits };
        resolve({ frame: pieces.joinedWith(frame), packed });
      }
    };
    this.#fail = (message) => reject(new Error(`the parser's thread failed: ${message}`));
    port.postMessage(request, [request.bytes.buffer]);
    return promise;
  }

  end(): void {
    this.#thread.end();
  }
}
