/** A thread that reads large bodies, one at a time. */
/// <reference lib="webworker" />
import { RunnelError } from "../../errors.ts";
import type { DataFrame } from "../frame/frame.ts";
import { NEXT, type ParseAnswer, parseBody, type ParseRequest } from "./parser.ts";
import { textPieces, withoutTexts } from "./text_pieces.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

let goOn = () => {};

scope.onmessage = ({ data }: MessageEvent<ParseRequest | typeof NEXT>) =>
  data === NEXT ? goOn() : answer(data);

async function answer(request: ParseRequest): Promise<void> {
  const answer = await parse(request);
  if ("refused" in answer) return scope.postMessage(answer);
  for (const piece of textPieces(answer.frame)) {
    const asked = new Promise<void>((resolve) => goOn = resolve);
    scope.postMessage(piece);
    await asked;
  }
  const frame = withoutTexts(answer.frame);
  scope.postMessage({ frame } satisfies ParseAnswer, buffersOf(frame));
}

async function parse(request: ParseRequest): Promise<ParseAnswer> {
  try {
    return { frame: await parseBody(request) };
  } catch (error) {
    if (error instanceof RunnelError) return { refused: error.message };
    throw error;
  }
}

function buffersOf({ stamps, columns }: DataFrame): ArrayBufferLike[] {
  const buffers = new Set<ArrayBufferLike>([stamps.buffer]);
  for (const { values } of columns) if (ArrayBuffer.isView(values)) buffers.add(values.buffer);
  return [...buffers];
}
