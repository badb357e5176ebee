/** The ways to read a channel that the trial of followers uses, each as a user would write it. */
import { ok } from "../support/assert.ts";
import { RunnelClient, type RunnelProblem, type Which } from "../../client/mod.ts";
import { nextOf, redirectOf } from "../support/http.ts";

/** The kinds of reader that are consumers: acknowledging by itself, and with the next pull. */
export const CONSUMER = "consumer", ACK_WITH_PULL = "consumer, one request";
const BEGINNING = "0000000000000000";
const PAUSE_MS = 20;

/** Reads a channel from its beginning to an item that is named later, over connections that break. */
export class Reader {
  readonly ids: string[] = [];
  reconnects = 0;
  #distinct = new Set<string>();
  #isBroken = false;
  #last: string | undefined;
  readonly #finished = new AbortController();

  /** `url` is the channel's address. `isDisturbed`: the process that it reads from is killed now and then. */
  constructor(
    readonly kind: string,
    readonly name: string,
    readonly url: string,
    readonly isDisturbed: boolean,
  ) {}

  /** Items that it has. */
  get count(): number {
    return this.#distinct.size;
  }

  /** Where it resumes. */
  get position(): string {
    return this.ids.at(-1) ?? BEGINNING;
  }

  /** Aborted once it has read everything. */
  get signal(): AbortSignal {
    return this.#finished.signal;
  }

  /** Names the last item. */
  finishAt(id: string): void {
    this.#last = id;
    this.#lookForEnd();
  }

  /** It got an item. */
  got(id: string): void {
    this.ids.push(id);
    this.#distinct.add(id);
    this.#lookForEnd();
  }

  /** Its connection works. */
  connected(): void {
    if (this.#isBroken) this.reconnects++;
    this.#isBroken = false;
  }

  /** Its connection broke. */
  broke(): void {
    this.#isBroken = true;
  }

  /** Reads until the last item. Only a connection that breaks is forgiven. */
  async run(): Promise<void> {
    const read = READERS[this.kind]!;
    while (!this.signal.aborted) {
      try {
        await read(this);
      } catch (error) {
        if (this.signal.aborted) return;
        if (!isBreak(error)) throw error;
        ok(this.isDisturbed, `nothing was to break: ${error}`);
        this.broke();
        await pause();
      }
    }
  }

  /** Whether nothing is stored any more. */
  get isFinishing(): boolean {
    return this.#last !== undefined;
  }

  /** It has read everything. */
  finish(): void {
    this.#finished.abort();
  }

  #lookForEnd(): void {
    // A consumer may get the last item before others that come back.
    if (!isConsumer(this) && this.isFinishing && this.position === this.#last) this.finish();
  }
}

/** Whether a reader may get an item again, and out of order, when the process it reads from is killed. */
export function isConsumer({ kind }: Pick<Reader, "kind">): boolean {
  return kind === CONSUMER || kind === ACK_WITH_PULL;
}

/** One round of reading: until the connection breaks, or until there is nothing more for the moment. */
export const READERS: Readonly<Record<string, (reader: Reader) => Promise<void>>> = {
  "next links": followLinks,
  "bulk": readBulk,
  "long poll": poll,
  "WebSocket ?after=": listen,
  "EventSource": receive,
  [CONSUMER]: work,
  [ACK_WITH_PULL]: work,
};

async function followLinks(reader: Reader): Promise<void> {
  let link = reader.ids.length === 0
    ? await redirectOf(`${reader.url}/earliest`)
    : await visit(`${reader.url}/${reader.position}`);
  reader.connected();
  while (link !== undefined && !reader.signal.aborted) {
    const next = await visit(link);
    reader.got(link.slice(-16));
    link = next;
  }
  await pause();
}

/** Reads an item whole, and answers its `next` link. */
async function visit(url: string): Promise<string | undefined> {
  const response = await fetch(url);
  JSON.parse(await response.text());
  return nextOf(response);
}

async function readBulk(reader: Reader): Promise<void> {
  const response = await fetch(`${reader.url}/${reader.position}/next/500?bulk=true`);
  const text = await response.text();
  ok(/--\r\n$/.test(text) || text === "", "a message without its end");
  reader.connected();
  for (const [, id] of text.matchAll(/^Content-Location: \S+\/([0-9A-V]{16})\r$/gm)) reader.got(id!);
  await pause();
}

async function poll(reader: Reader): Promise<void> {
  const response = await fetch(`${reader.url}/${reader.position}/next/500?wait=1s`, {
    signal: reader.signal,
  });
  const { items } = await response.json();
  reader.connected();
  for (const { id } of items) reader.got(id);
}

async function listen(reader: Reader): Promise<void> {
  const socket = new WebSocket(`${reader.url.replace("http", "ws")}/ws?after=${reader.position}`);
  const closed = Promise.withResolvers<void>();
  socket.onopen = () => reader.connected();
  socket.onmessage = ({ data }) => {
    for (const line of (data as string).split("\n")) reader.got(line.slice(-16));
  };
  socket.onclose = () => closed.resolve();
  socket.onerror = () => closed.resolve();
  const stop = () => closed.resolve();
  reader.signal.addEventListener("abort", stop, { once: true });
  await closed.promise;
  reader.signal.removeEventListener("abort", stop);
  socket.close();
  reader.broke();
  await pause();
}

/** Resumes by itself, through `Last-Event-ID`: one EventSource for the whole trial. */
async function receive(reader: Reader): Promise<void> {
  const source = new EventSource(`${reader.url}/events?after=earliest`);
  const ended = Promise.withResolvers<void>();
  source.onopen = () => reader.connected();
  source.addEventListener("item", ({ lastEventId }) => reader.got(lastEventId));
  source.onerror = () => {
    reader.broke();
    if (source.readyState === EventSource.CLOSED) ended.reject(new Error("EventSource gave up"));
  };
  reader.signal.addEventListener("abort", () => ended.resolve(), { once: true });
  try {
    await ended.promise;
  } finally {
    source.close();
  }
}

async function work(reader: Reader): Promise<void> {
  const { origin, pathname } = new URL(reader.url);
  const client = new RunnelClient({ url: origin, retries: 0 });
  const consumer = client.channels.consumer(pathname.split("/").at(-1)!, reader.name);
  // Whose answers are lost gets their items again soon; nothing else may end a hold.
  await consumer.put({ start: "earliest", ackWait: reader.isDisturbed ? "2s" : "5m", maxDeliver: 1_000 });
  reader.connected();
  let ack: Which | undefined;
  // Too late on a busy machine: they come again.
  const unlessLost = (error: RunnelProblem) => {
    if (!reader.isDisturbed || error.code !== "lease-lost") throw error;
  };
  while (!reader.signal.aborted) {
    const { isFinishing } = reader;
    const pulled = await consumer.pull({ max: 200, wait: "1s", ack }).catch(unlessLost);
    ack = undefined;
    if (pulled === undefined) continue;
    const { items: [first], items } = pulled;
    for (const { id } of items) reader.got(id);
    if (first !== undefined) ack = { ids: items.map(({ id }) => id), lease: first.lease };
    else if (isFinishing && (await consumer.get()).lag.items === 0) reader.finish();
    if (ack === undefined || reader.kind === ACK_WITH_PULL) continue;
    await consumer.ack(ack).catch(unlessLost);
    ack = undefined;
  }
}

function isBreak(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError ||
    (error instanceof Error && /nothing answers|gave up/.test(error.message));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
