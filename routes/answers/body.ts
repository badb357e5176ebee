/** Bodies of answers that are made piece by piece. */
import { onRevoked, type Permitted } from "../live/permission.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Where the pieces of a body come from. */
export interface Pieces {
  /** Called before the first piece, by whoever sends without being asked. */
  start?(controller: ReadableStreamDefaultController<Bytes>): void;
  /** The next piece; undefined: there is none. */
  next(): Promise<Bytes | undefined> | Bytes | undefined;
  /** Called once, after the last piece or when no more are wanted. */
  end?(): void | Promise<void>;
}

/**
 * A body that is made as it is read, with at most `ahead` pieces waiting. It breaks off when the key of its request is
 * revoked.
 */
export function bodyOf(call: Permitted, pieces: Pieces, ahead: number): ReadableStream<Bytes> {
  let stopWatching: (() => void) | undefined, isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    stopWatching?.();
    return pieces.end?.();
  };
  return new ReadableStream<Bytes>({
    start: (controller) => pieces.start?.(controller),
    async pull(controller) {
      stopWatching ??= onRevoked(call, (why) => {
        controller.error(why);
        Promise.resolve(end()).catch(() => {});
      });
      let piece: Bytes | undefined;
      try {
        piece = await pieces.next();
      } catch (error) {
        await end();
        throw error;
      }
      if (isOver) return;
      if (piece !== undefined) return controller.enqueue(piece);
      await end();
      controller.close();
    },
    cancel: end,
  }, { highWaterMark: ahead });
}

/** Bytes from which a content is sent in pieces of so many: an answer that is made of bytes copies all of them. */
const PIECE = 256 << 10;

/** An answer with that content, which nobody changes. */
export function whole(
  call: Permitted,
  content: Uint8Array<ArrayBuffer>,
  status: number,
  headers: Record<string, string>,
): Response {
  if (content.byteLength <= PIECE) return new Response(content, { status, headers });
  let at = 0;
  const next = () => at < content.byteLength ? content.subarray(at, at += PIECE) : undefined;
  return new Response(bodyOf(call, { next }, 0), {
    status,
    headers: { ...headers, "Content-Length": `${content.byteLength}` },
  });
}
