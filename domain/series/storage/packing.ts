/** Cutting a frame into chunks ahead of its save, in the thread that parsed it. */
import type { ChunkContent } from "../../../db/series/changes.ts";
import type { StoredColumn } from "../chunks/catalogue.ts";
import { cutChunks } from "../chunks/chunk.ts";
import type { DataFrame } from "../frame/frame.ts";

/** Bytes of chunks in one commit: other writers wait for one, a few milliseconds. */
export const STAGED_BYTES = 1 << 17;

/** A frame as chunks. */
export interface PackedFrame {
  /** The places that its columns have in these chunks. */
  readonly places: string;
  /** Each entry has the chunks of one commit. */
  readonly commits: readonly (readonly ChunkContent[])[];
}

/** Which places the columns of a frame have in a catalogue, in order. */
export function placesOf({ columns }: DataFrame, catalogue: readonly Pick<StoredColumn, "name">[]): string {
  const places = new Map(catalogue.map(({ name }, place) => [name, place]));
  return columns.map(({ name }) => places.get(name)).join();
}

/** The catalogue for which a frame is cut whose series has columns of these names. */
export function packingCatalogue({ columns }: DataFrame, names: readonly string[]): StoredColumn[] {
  const own = new Map(columns.map((column) => [column.name, column]));
  // Reading casts a chunk to the type that the series has then, so that the frame's own types are good for any.
  return [...new Set([...names, ...own.keys()])].map((name) => ({
    name,
    type: own.get(name)?.type ?? "null",
  }));
}

/** Cuts a frame into chunks, those of one commit at each step. Throws RunnelError as cutChunks does. */
export function* packFrame(frame: DataFrame, catalogue: readonly StoredColumn[]): Generator<ChunkContent[]> {
  let chunks: ChunkContent[] = [], bytes = 0;
  for (const chunk of cutChunks(frame, catalogue)) {
    chunks.push(chunk);
    bytes += chunk.body.length + chunk.summary.length;
    if (bytes < STAGED_BYTES) continue;
    yield chunks;
    chunks = [];
    bytes = 0;
  }
  if (chunks.length > 0) yield chunks;
}
