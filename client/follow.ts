/** Following a channel over Server-Sent Events, which need fetch alone: Deno, Node and browsers have it. */
import type { z } from "zod";
import type { ChannelStatus, FollowedContent, Gap } from "../api/channels.ts";
import { type Http, RunnelProblem } from "./http.ts";
import { backoff, isPassing } from "./retry.ts";

/** What to follow, and from where. */
export interface FollowOptions {
  /** First what came after this id; `earliest`: everything that can be read. */
  readonly after?: string;
  /** First what was stored since a time (ISO 8601), or in the last `1h`. */
  readonly since?: string;
  /** The items with their contents, not their ids alone. */
  readonly content?: boolean;
  /** Only items of this media type. */
  readonly contentType?: string;
  /** Only items with this key. */
  readonly key?: string;
  /** Only JSON items in which each pointer has this text, such as `/status=open`. */
  readonly where?: readonly string[];
  readonly signal?: AbortSignal;
  /** Told each time the connection broke and is made again. */
  readonly onReconnect?: (cause: unknown) => void;
  /** Told when items after the position can no longer be read; with `content` only. */
  readonly onGap?: (gap: z.output<typeof Gap>) => void;
}

/** An item as it comes; all but `id` and `href` with `content` only. */
export type FollowedItem =
  & Pick<z.output<typeof FollowedContent>, "id" | "href">
  & Partial<z.output<typeof FollowedContent>>;

/** Before every item. */
const BEGINNING = "0000000000000000";

/**
 * The items of a channel in order, each once, until `signal` aborts. A broken connection is made again and resumes after
 * the last item: a restart of the server costs time, never an item. What the server refuses throws RunnelProblem.
 */
export async function* followChannel(
  http: Http,
  name: string,
  options: FollowOptions,
): AsyncGenerator<FollowedItem> {
  const { since, signal, onReconnect, onGap } = options;
  // Known before the first connection, which may break at once.
  let position = options.after ??
    (since === undefined ? (await newestItem(http, name))?.id ?? BEGINNING : undefined);
  const waits = backoff(signal);
  while (!signal?.aborted) {
    let cause: unknown;
    try {
      for await (const { event, id, data } of eventsOf(await open(http, name, options, position))) {
        waits.reset();
        if (event === "gap") {
          onGap?.(JSON.parse(data).gap);
          continue;
        }
        yield options.content ? JSON.parse(data) : { id, href: data };
        position = id;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof RunnelProblem && !isPassing(error.status)) throw error;
      cause = error;
    }
    if (signal?.aborted) return;
    onReconnect?.(cause);
    await waits.next();
  }
}

/** The newest item of a channel; null where there is none. */
export async function newestItem(
  http: Http,
  name: string,
): Promise<z.output<typeof ChannelStatus>["latest"]> {
  const path = ["channel", name, "status"];
  return (await http.json<z.output<typeof ChannelStatus>>("GET", { path })).latest;
}

function open(
  http: Http,
  name: string,
  options: FollowOptions,
  position: string | undefined,
): Promise<Response> {
  const { since, content, contentType, key, where, signal } = options;
  return http.send("GET", {
    path: ["channel", name, "events"],
    query: {
      after: position,
      since: position === undefined ? since : undefined,
      content: content || undefined,
      contentType,
      key,
      where,
    },
    headers: { Accept: "text/event-stream" },
    signal,
    // followChannel connects again itself, and says so each time.
    repeatable: false,
  });
}

/** The events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as Runnel sends them. */
async function* eventsOf({ body }: Response): AsyncGenerator<{ event: string; id: string; data: string }> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.data !== undefined) yield { event: fields.event, id: fields.id, data: fields.data };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
