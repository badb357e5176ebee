/** Bodies and answers in gzip, Brotli or Zstandard. */
import type { Transform } from "node:stream";
import {
  constants,
  createBrotliCompress,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
} from "node:zlib";
import { parseAccept } from "hono/utils/accept";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { readBody, tooLarge } from "../request.ts";
import type { ByteBudget, Sender } from "./admission.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const MAGIC_ZSTD = 0xfd2fb528;
/** Bytes that are unpacked at a time, and counted before there are more. */
const chunkSize = 1 << 18;

/** How to undo each coding, piece by piece; a body that is not whole throws. */
const CODINGS: Readonly<Record<string, (bytes: Bytes) => AsyncIterable<Bytes>>> = {
  gzip: (bytes) => through(createGunzip({ chunkSize }), bytes),
  "x-gzip": (bytes) => through(createGunzip({ chunkSize }), bytes),
  br: unpackBrotli,
  zstd: unpackFrames,
};

/**
 * As `readBody`, but without what Content-Encoding says was done to it; `limit` counts before and after, and so does the
 * budget of bodies. Not such a body, or not all of it: `invalid-request`. Another coding: `unsupported-media-type`.
 */
export async function readDecoded(sender: Sender, limit: number): Promise<Bytes> {
  const coding = (sender.request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding === "identity") return await readBody(sender, limit);
  const unpack = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
  if (unpack === undefined) {
    throw new RunnelError(
      "unsupported-media-type",
      `Content-Encoding may be gzip, br, zstd or identity, not ${coding}`,
    );
  }
  const bytes = await readBody(sender, limit);
  try {
    return await joinedWithin(unpack(bytes), limit, sender.bodies.budget, bytes.length);
  } catch (error) {
    if (error instanceof RunnelError) throw error;
    throw invalid(`Content-Encoding says ${coding}, but the body is not ${coding}, or not whole.`);
  }
}

/** Pieces as one. They are counted in the budget as they come, beside what they are made from. */
async function joinedWithin(
  unpacked: AsyncIterable<Bytes>,
  limit: number,
  budget: ByteBudget,
  packed: number,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let length = 0, held = 0;
  try {
    for await (const piece of unpacked) {
      if ((length += piece.length) > limit) throw tooLarge(limit);
      budget.exchange(held, packed + length);
      held = packed + length;
      pieces.push(piece);
    }
    return joined(pieces);
  } finally {
    budget.give(held);
  }
}

async function* through(unpacker: Transform, bytes: Bytes): AsyncGenerator<Bytes> {
  unpacker.end(bytes);
  for await (const piece of unpacker) yield piece;
}

/** node:zlib takes a body that is cut off for whole; the stream of the platform does not. */
function unpackBrotli(bytes: Bytes): AsyncIterable<Bytes> {
  const format = "brotli" as CompressionFormat;
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
}

/** node:zlib takes a frame that is cut off for whole, and only the first one, so their ends are found first. */
async function* unpackFrames(bytes: Bytes): AsyncGenerator<Bytes> {
  for (let at = 0; at < bytes.length || at === 0;) {
    const end = zstdFrameEnd(bytes, at);
    yield* through(createZstdDecompress({ chunkSize }), bytes.subarray(at, end));
    at = end;
  }
}

/** Where a frame ends that begins there (RFC 8878 §3.1.1). Cut off, or no frame: RangeError. */
function zstdFrameEnd(bytes: Bytes, start: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(start, true) !== MAGIC_ZSTD) throw new RangeError("not a frame");
  const head = view.getUint8(start + 4), isSingle = (head >> 5 & 1) === 1;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][head >> 6]!, dictionaryBytes = [0, 1, 2, 4][head & 3]!;
  let at = start + 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast;) {
    const block = view.getUint16(at, true) | view.getUint8(at + 2) << 16;
    isLast = (block & 1) === 1;
    const isRepeated = (block >> 1 & 3) === 1;
    at += 3 + (isRepeated ? 1 : block >> 3);
  }
  at += (head >> 2 & 1) * 4;
  if (at > bytes.length) throw new RangeError("a frame is cut off");
  return at;
}

function joined(pieces: readonly Bytes[]): Bytes {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What answers can be packed in, the best first; each as fast as it can, since answers are made for one reader. */
const PACKERS = {
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  gzip: () => createGzip({ level: 1 }),
} as const;
/** One of PACKERS. */
export type Coding = keyof typeof PACKERS;
/** Fewer bytes are not worth it. */
export const WORTH_PACKING = 1024;

/** The coding that an Accept-Encoding header likes best; undefined: the answer as it is. */
export function codingFor(header: string | null): Coding | undefined {
  if (header === null) return undefined;
  let best: Coding | undefined, most = 0;
  const accepted = parseAccept(header).map(({ type, q }) => ({ type: type.toLowerCase(), q }));
  const qualityOf = (name: string) => accepted.find(({ type }) => type === name)?.q;
  for (const name of Object.keys(PACKERS) as Coding[]) {
    const quality = qualityOf(name) ?? (name === "gzip" ? qualityOf("x-gzip") : undefined) ??
      qualityOf("*") ?? 0;
    if (quality > most) [best, most] = [name, quality];
  }
  return most > 0 && most >= (qualityOf("identity") ?? 0) ? best : undefined;
}

/** Packs pieces as they come. */
export async function* packed(pieces: AsyncGenerator<Bytes>, coding: Coding): AsyncGenerator<Bytes> {
  const packer = PACKERS[coding]();
  const feed = async () => {
    for await (const piece of pieces) {
      if (!packer.write(piece)) await new Promise((resolve) => packer.once("drain", resolve));
    }
    packer.end();
  };
  const feeding = feed().catch((error) => packer.destroy(error));
  try {
    for await (const piece of packer) yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
    await feeding;
  } finally {
    packer.destroy();
    await pieces.return(undefined);
  }
}
