/** Following a channel over Server-Sent Events, which need fetch alone: Deno, Node and browsers have it. */
import type { z } from "zod";
import type { ChannelStatus, FollowedContent, Gap } from "../api/channels.ts";
import { type Call, type Http, RunnelProblem } from "./http.ts";
import { backoff, isPassing } from "./retry.ts";

/** What to follow, and from where. */
export interface FollowOptions extends StreamOptions {
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
  const { since, content, contentType, key, where, onGap } = options;
  // Known before the first connection, which may break at once.
  const position = options.after ??
    (since === undefined ? (await newestItem(http, name))?.id ?? BEGINNING : undefined);
  const query = (after: string | undefined) => ({
    after,
    since: after === undefined ? since : undefined,
    content: content || undefined,
    contentType,
    key,
    where,
  });
  const stream = { path: ["channel", name, "events"], query, position, options };
  for await (const { event, id, data } of followEvents(http, stream)) {
    if (event === "gap") onGap?.(JSON.parse(data).gap);
    else yield content ? JSON.parse(data) : { id, href: data };
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

/** How a stream that breaks is followed on. */
export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Told each time the connection broke and is made again. */
  readonly onReconnect?: (cause: unknown) => void;
}

/** A stream of events that can be resumed. */
export interface ResumableStream {
  readonly path: readonly string[];
  /** The query of a connection that resumes after a position. */
  query(after: string | undefined): NonNullable<Call["query"]>;
  /** Where it begins. */
  readonly position: string | undefined;
  readonly options: StreamOptions;
}

/**
 * The events of a stream, each once, until `signal` aborts. A broken connection is made again and resumes after the last
 * event that was taken. What the server refuses throws RunnelProblem.
 */
export async function* followEvents(
  http: Http,
  { path, query, position, options: { signal, onReconnect } }: ResumableStream,
): AsyncGenerator<StreamEvent> {
  const waits = backoff(signal);
  while (!signal?.aborted) {
    let cause: unknown;
    try {
      // A broken connection is made again here, which says so each time.
      const response = await http.send("GET", {
        path,
        query: query(position),
        headers: { Accept: "text/event-stream" },
        ...(signal !== undefined && { signal }),
        repeatable: false,
      });
      for await (const event of eventsOf(response)) {
        waits.reset();
        if (event.data !== undefined) yield event as StreamEvent;
        // After a gap the position is still the one before it, so that it is not lost.
        if (event.id !== undefined && event.event !== "gap") position = event.id;
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

/** An event with data. */
interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** The events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as Runnel sends them. */
async function* eventsOf({ body }: Response): AsyncGenerator<Partial<StreamEvent>> {
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
        yield { event: fields.event, id: fields.id, data: fields.data } as Partial<StreamEvent>;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
