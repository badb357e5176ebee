/** Server-Sent Events as they come over the wire, and values one by one. */
import { equal } from "./assert.ts";

/** The fields of one event; a comment has none. */
export type EventFields = Readonly<Record<string, string>>;

/** Every block of a stream, those without data among them. Leaving the loop closes the connection. */
export async function* blocksOf(
  url: string,
  headers: HeadersInit = {},
): AsyncGenerator<EventFields, undefined> {
  const controller = new AbortController();
  const response = await fetch(url, { headers, signal: controller.signal });
  equal(response.headers.get("content-type"), "text/event-stream");
  let rest = "";
  try {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        yield Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
      }
    }
  } finally {
    controller.abort();
  }
  return undefined;
}

/** The events that a listener of EventSource is told of. */
export async function* eventsOf(
  url: string,
  headers: HeadersInit = {},
): AsyncGenerator<EventFields, undefined> {
  for await (const block of blocksOf(url, headers)) if (block.data !== undefined) yield block;
  return undefined;
}

/** The next so many values. */
export async function take<T>(values: AsyncIterator<T, unknown>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push((await values.next()).value as T);
  return taken;
}
