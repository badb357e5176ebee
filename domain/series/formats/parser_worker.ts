/** A thread that reads large bodies, one at a time. */
/// <reference lib="webworker" />
import { RunnelError } from "../../errors.ts";
import type { DataFrame } from "../frame/frame.ts";
import { packFrame, packingCatalogue, placesOf } from "../storage/packing.ts";
import { isSmall } from "../storage/rewrite.ts";
import { type ChunkPiece, NEXT, type ParseAnswer, parseBody, type ParseRequest } from "./parser.ts";
import { textPieces, withoutTexts } from "./text_pieces.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

let goOn = () => {};

scope.onmessage = ({ data }: MessageEvent<ParseRequest | typeof NEXT>) =>
  data === NEXT ? goOn() : answer(data);

async function answer(request: ParseRequest): Promise<void> {
  const answer = await parse(request);
  if ("refused" in answer) return scope.postMessage(answer);
  const places = request.packFor && pack(answer.frame, request.packFor);
  for (const piece of textPieces(answer.frame)) {
    const asked = new Promise<void>((resolve) => goOn = resolve);
    scope.postMessage(piece);
    await asked;
  }
  const frame = withoutTexts(answer.frame);
  scope.postMessage({ frame, places } satisfies ParseAnswer, buffersOf(frame));
}

/**
 * Sends the chunks of a frame, and answers for which places they are. Undefined: they are not all, because the frame is
 * small, or one that the save refuses.
 */
function pack(frame: DataFrame, names: readonly string[]): string | undefined {
  if (isSmall(frame)) return undefined;
  const catalogue = packingCatalogue(frame, names);
  try {
    for (const chunks of packFrame(frame, catalogue)) scope.postMessage({ chunks } satisfies ChunkPiece);
  } catch (error) {
    if (error instanceof RunnelError) return undefined;
    throw error;
  }
  return placesOf(frame, catalogue);
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
