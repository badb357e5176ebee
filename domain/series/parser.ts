/** Turning bodies into frames; large ones in a thread of their own, so that other requests go on meanwhile. */
import { readCsv } from "./csv.ts";
import { SeriesError } from "./error.ts";
import type { DataFrame } from "./frame.ts";
import type { FrameFormat } from "./answer.ts";
import { readNdjson } from "./ndjson.ts";
import { readFrame, type ReadOptions } from "./read_frame.ts";

/** What a thread is asked: the bytes of a body, and what they are. */
export interface ParseRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: FrameFormat;
  readonly options: ReadOptions;
}

/** What it answers; `refused` is the message of a SeriesError. */
export type ParseAnswer = { readonly frame: DataFrame } | { readonly refused: string };

/** Bodies from this size on are read in a thread: starting it takes as long as reading 1 MB. */
const WORTH_A_THREAD = 1 << 20;
/** Threads at a time: each holds a body, its text and its frame. */
const MAX_THREADS = 2;

/** Reads a body. Throws SeriesError for whatever is not such a frame. */
export function parseBody({ bytes, format, options }: ParseRequest): DataFrame {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SeriesError("The body is not UTF-8.");
  }
  if (format === "csv") return readCsv(text, options);
  if (format === "ndjson") return readNdjson(text, options);
  return readFrame(text, format, options);
}

/** Reads bodies, large ones in threads. Where there are no threads, all are read at once. */
export class Parser {
  #threads = 0;
  readonly #waiting: (() => void)[] = [];

  /** Throws SeriesError for whatever is not such a frame. The bytes are gone afterwards. */
  async parse(request: ParseRequest): Promise<DataFrame> {
    if (request.bytes.length < WORTH_A_THREAD || typeof Worker === "undefined") return parseBody(request);
    if (this.#threads < MAX_THREADS) this.#threads++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const answer = await parseInThread(request);
      if ("refused" in answer) throw new SeriesError(answer.refused);
      return answer.frame;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#threads--;
      else next();
    }
  }
}

function parseInThread(request: ParseRequest): Promise<ParseAnswer> {
  const worker = new Worker(new URL("./parser_worker.ts", import.meta.url), {
    type: "module",
    name: "runnel-parser",
  });
  const { promise, resolve, reject } = Promise.withResolvers<ParseAnswer>();
  worker.onmessage = ({ data }: MessageEvent<ParseAnswer>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`the parser's thread failed: ${event.message}`));
  };
  worker.postMessage(request, [request.bytes.buffer]);
  return promise.finally(() => worker.terminate());
}
