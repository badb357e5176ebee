/**
 * `deno run -A bench/make_sessions.ts --events N [--bad N] [--seed N]`: synthetic events of user sessions as JSON Lines
 * on standard output. Few countries and users have most sessions; starts come nearly in order over 30 days; ends come
 * when the session is over, one in a hundred much later or never; one event in two hundred comes twice.
 */
import { parseArgs } from "node:util";

/** What is to be made. */
export interface Synthetic {
  readonly events: number;
  /** Lines that are no event. */
  readonly bad?: number;
  readonly seed?: number;
  /** Time of the first start, in milliseconds since the epoch; the last is 30 days later. */
  readonly from?: number;
}

const DAYS_MS = 30 * 86_400_000;
const COUNTRIES =
  "US IN BR DE GB FR ID JP MX TR IT ES PL CA NL KR AR VN PH TH EG ZA NG CO SE BE AT CH PT CZ GH SK"
    .split(" ");
const BAD_LINES = ['{"user_id": "x"', '{"user_id": "x", "event": "begin"}', "null", '{"ts": "yesterday"}'];

/** The lines, without line ends, in batches. The same seed makes the same lines. */
export function* syntheticLines({ events, bad = 0, seed = 1, from }: Synthetic): Generator<string[]> {
  const random = randomNumbers(seed);
  const first = from ?? Date.now() - DAYS_MS;
  const sessions = Math.ceil(events / 2), users = Math.max(10, Math.round(events / 20));
  const ends: { readonly at: number; readonly line: string }[] = [];
  let lines: string[] = [], made = 0, badLeft = bad;
  const put = (line: string) => {
    lines.push(line);
    made++;
    if (random() < 0.005 && made < events) {
      lines.push(line);
      made++;
    }
  };
  for (let i = 0; made < events; i++) {
    const now = first + (DAYS_MS * Math.min(i, sessions)) / sessions;
    while (made < events && ends.length > 0 && ends[0]!.at <= now) put(pop(ends).line);
    if (made >= events) break;
    const at = now - random() * 60_000;
    // A third of the sessions is evenly spread, the rest favours users with small numbers.
    const user = Math.floor(users * (random() < 0.33 ? random() : random() ** 4));
    const ids = `"user_id":"${hex(user, 32)}","session_id":"${uuid(i)}"`;
    const country = COUNTRIES[Math.floor(COUNTRIES.length * random() ** 2.5)];
    put(`{${ids},"country":"${country}","event":"start","ts":"${iso(at)}"}`);
    const length = Math.exp(6 + 1.5 * normal(random)) * 1000;
    const delay = random() < 0.01 ? DAYS_MS * random() : 0;
    push(ends, { at: now + length + delay, line: `{${ids},"event":"end","ts":"${iso(at + length)}"}` });
    if (badLeft > 0 && random() < bad / sessions) lines.push(BAD_LINES[badLeft-- % BAD_LINES.length]!);
    if (lines.length >= 1000) {
      yield lines;
      lines = [];
    }
  }
  while (badLeft > 0) lines.push(BAD_LINES[badLeft-- % BAD_LINES.length]!);
  yield lines;
}

/** mulberry32: even numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Spread over all digits, so that neighbours are not neighbours in an index. */
function hex(number: number, length: number): string {
  let text = "";
  for (let i = 1; text.length < length; i++) {
    text += (Math.imul(number + i, 2654435761 * i | 1) >>> 0).toString(16).padStart(8, "0");
  }
  return text.slice(0, length);
}

function uuid(number: number): string {
  const text = hex(number, 24) + number.toString(16).padStart(8, "0");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${
    text.slice(20)
  }`;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}

type Timed = { readonly at: number };

/** A binary heap, earliest first. */
function push<T extends Timed>(heap: T[], item: T): void {
  let i = heap.push(item) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]!.at <= item.at) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = item;
}

function pop<T extends Timed>(heap: T[]): T {
  const top = heap[0]!, last = heap.pop()!;
  if (heap.length === 0) return top;
  let i = 0;
  while (true) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
    if (heap[child]!.at >= last.at) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return top;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      events: { type: "string", default: "1000000" },
      bad: { type: "string", default: "5" },
      seed: { type: "string", default: "1" },
    },
  });
  const encoder = new TextEncoder();
  const writer = Deno.stdout.writable.getWriter();
  const { events, bad, seed } = values;
  for (const lines of syntheticLines({ events: Number(events), bad: Number(bad), seed: Number(seed) })) {
    if (lines.length > 0) await writer.write(encoder.encode(lines.join("\n") + "\n"));
  }
  await writer.close();
}
