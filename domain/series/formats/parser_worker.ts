/** A thread that reads large bodies, one at a time. */
/// <reference lib="webworker" />
import { RunnelError } from "../../errors.ts";
import type { DataFrame } from "../frame/frame.ts";
import { type ParseAnswer, parseBody, type ParseRequest } from "./parser.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = async ({ data }: MessageEvent<ParseRequest>) => {
  const answer = await parse(data);
  scope.postMessage(answer, "frame" in answer ? buffersOf(answer.frame) : []);
};

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
