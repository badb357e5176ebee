/** The live end of a channel: one reader for all who look, which leaves out what comes too fast to be looked at. */
import type { z } from "zod";
import type { ItemList } from "../../api/channels.ts";
import { type LiveEnds, part, type View } from "../view.tsx";
import { textOf } from "./text.ts";

/** Items that are shown at a time, and how long the next ones wait at least. */
const MOST = 20, PAUSE_MS = 250;
/** How long to wait for an item; then a comment keeps proxies from closing the stream. */
const WAIT = "15s";
/** Pieces that a browser has not taken yet; it misses what comes beyond. */
const MOST_WAITING = 16;

type Item = z.output<typeof ItemList>["items"][number];

/** Items of a moment, oldest first. */
interface News {
  readonly items: readonly { readonly id: string; readonly event: string }[];
  /** Whether there were more before them, which are left out. */
  readonly isCut: boolean;
}

/** Somebody who looks. */
interface Viewer {
  take(news: News): void;
  end(): void;
}

/** The readers of one process, until `closing`. */
export class Tails implements LiveEnds {
  /** By what they may see, and the channel. */
  readonly #tails = new Map<string, Tail>();

  constructor(readonly closing: AbortSignal) {}

  /**
   * What comes after an item as Server-Sent Events: `item`, and `cut` where some were left out. Whoever joins a reader gets
   * first what came between.
   */
  follow(view: View, channel: string, after: string): Promise<Response> {
    return streamOf(this.#readerOf(view, channel), view, after);
  }

  /** The reader of a channel for those with the rights of the view. */
  #readerOf(view: View, channel: string): Tail {
    const key = `${view.rights} ${channel}`, known = this.#tails.get(key);
    if (known !== undefined) return known;
    const tail = new Tail(view, channel, this.closing, () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return tail;
  }
}

async function streamOf(tail: Tail, view: View, after: string): Promise<Response> {
  const early: News[] = [];
  let isOver = false;
  let take = (news: News): void => void early.push(news), end = (): void => void (isOver = true);
  const leave = tail.join({ take: (news) => take(news), end: () => end() });
  try {
    await tail.ready;
    early.unshift(await newsAfter(view, tail.channel, after));
  } catch (error) {
    leave();
    throw error;
  }
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      let isCut = false;
      take = (news) => {
        isCut ||= news.isCut;
        if ((controller.desiredSize ?? 0) <= -MOST_WAITING) return void (isCut = true);
        const items = news.items.filter(({ id }) => id > after);
        controller.enqueue(encoder.encode(textOfNews(items, isCut)));
        after = items.at(-1)?.id ?? after;
        isCut = false;
      };
      end = () => controller.close();
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      for (const news of early) take(news);
      if (isOver) end();
    },
    cancel: leave,
  });
  return new Response(body, {
    headers: {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    },
  });
}

/** A comment where there is nothing. */
const textOfNews = (items: News["items"], isCut: boolean) =>
  `${isCut ? "event: cut\ndata:\n\n" : ": \n\n"}${items.map(({ event }) => event).join("")}`;

/** Reads a channel for as long as somebody looks, until `closing`. */
class Tail {
  /** Settles when everything that comes from now on will be told. */
  readonly ready: Promise<void>;
  readonly #viewers = new Set<Viewer>();
  readonly #left = new AbortController();

  constructor(
    readonly view: View,
    readonly channel: string,
    readonly closing: AbortSignal,
    readonly onEnd: () => void,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#read(resolve).catch(reject).finally(() => {
      onEnd();
      for (const viewer of this.#viewers) viewer.end();
    });
  }

  /** Answers how to leave. */
  join(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size > 0) return;
      this.onEnd();
      this.#left.abort();
    };
  }

  async #read(onReady: () => void): Promise<void> {
    const signal = AbortSignal.any([this.#left.signal, this.closing]), at = `/channel/${part(this.channel)}`;
    const newest = await this.view.read<z.output<typeof ItemList>>(`${at}/latest/1`, { signal });
    onReady();
    for (let after = newest.items[0]?.id ?? EARLIEST; !signal.aborted;) {
      const news = await newsAfter(this.view, this.channel, after, signal);
      for (const viewer of this.#viewers) viewer.take(news);
      after = news.items.at(-1)?.id ?? after;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** The position before everything. */
export const EARLIEST = "0".repeat(16);

/** What came after an item; where that is too much, the newest. With a signal it waits until there is something. */
async function newsAfter(view: View, channel: string, after: string, signal?: AbortSignal): Promise<News> {
  const at = `/channel/${part(channel)}`, init = signal === undefined ? {} : { signal };
  const read = (path: string) => view.read<z.output<typeof ItemList>>(`${at}/${path}`, init);
  const next = await read(`${part(after)}/next/${MOST}${signal === undefined ? "" : `?wait=${WAIT}`}`);
  const newest = next.items.length < MOST ? next : await read(`latest/${MOST}`);
  const isCut = newest !== next && newest.items[0]!.id > next.items.at(-1)!.id;
  const shown = isCut ? newest.items : next.items;
  const events = shown.map(async (item) => eventOf(item, await textOf(view, `${at}/${item.id}`, item, init)));
  return {
    items: (await Promise.all(events)).map((event, i) => ({ id: shown[i]!.id, event })),
    isCut: isCut || next.gap !== undefined,
  };
}

const eventOf = ({ id, timestamp, contentType }: Item, data: string) =>
  `id: ${id}\nevent: item\ndata: ${JSON.stringify({ id, timestamp, contentType, data })}\n\n`;
