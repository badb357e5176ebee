/** Files that commands read: plain or compressed, or standard input. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import unbzip2 from "unbzip2-stream";

/** Bytes read at a time. */
const PIECE = 256 * 1024;

/** A file that is open. `await using` closes it. */
export interface Input extends AsyncDisposable {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Its size; undefined for standard input. */
  readonly bytes: number | undefined;
}

/** Opens a file; `-` is standard input. No such file: an error that says so. */
export async function openInput(path: string): Promise<Input> {
  if (path === "-") {
    return { pieces: Deno.stdin.readable, bytes: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`there is no file ${path}`);
    throw error;
  }
  return {
    pieces: piecesOf(file),
    bytes: (await file.stat()).size,
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}

async function* piecesOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  while (true) {
    const piece = new Uint8Array(PIECE);
    const length = await file.read(piece);
    if (length === null) return;
    yield piece.subarray(0, length);
  }
}

/** The same bytes; `tell` learns how many there were so far. */
export async function* countBytes(
  pieces: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    tell(bytes += piece.byteLength);
    yield piece;
  }
}

/** What was compressed with gzip or bzip2 as it was before; anything else as it is. The first bytes tell. */
export async function* decompressed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return;
  const all = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  const [a, b, c] = first.value;
  if (a === 0x1F && b === 0x8B) yield* Readable.from(all).pipe(createGunzip());
  else if (a === 0x42 && b === 0x5A && c === 0x68) yield* bunzipped(all);
  else yield* all;
}

/** An old kind of stream: it has decompressed what it can when `write` comes back. */
async function* bunzipped(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = unbzip2();
  const ready: Uint8Array[] = [];
  let failure: unknown;
  stream.on("data", (piece: Uint8Array) => ready.push(piece));
  stream.on("error", (error: unknown) => failure ??= error);
  const take = () => {
    if (failure !== undefined) throw failure;
    return ready.splice(0);
  };
  for await (const piece of pieces) {
    stream.write(piece);
    yield* take();
  }
  stream.end();
  yield* take();
}
