/** Where bins begin and end. */
import { invalid } from "../../errors.ts";
import { DAY_MS } from "../../time.ts";
import { firstRowFrom } from "../frame/frame.ts";
import { DAY_NS, MAX_STAMP, MIN_STAMP } from "../frame/stamps.ts";
import type { Width } from "./width.ts";
import { ZoneClock } from "./zone_clock.ts";

/** How many bins an answer may have. */
export const MAX_BINS = 1_000_000;

/** The sides of a bin. */
export const SIDES = ["left", "right"] as const;
type Side = typeof SIDES[number];

/** An origin: a stamp, or a time that the clocks of the zone show, in nanoseconds since 1970. */
export interface OriginTime {
  readonly ns: bigint;
  readonly isLocal: boolean;
}

/**
 * Where bins of a width are counted from. `epoch` is 1970-01-01 in the zone, for whole weeks the Monday after. `start_of_day`: anew
 * from each midnight. `start_day`: the midnight of the first row's day (its month, quarter or year for widths of these),
 * which is pandas' default and moves with the range asked for.
 */
export type Origin = "epoch" | "start_of_day" | "start_day" | OriginTime;

/** Where bins lie. Days, months and midnights are those of the zone. */
export interface GridOptions {
  readonly every: Width;
  /** `epoch` unless given. */
  readonly origin?: Origin | undefined;
  /** IANA name; UTC unless given. */
  readonly zone?: string | undefined;
  /** Nanoseconds by which every bin is shifted; those of the clock for days and longer. */
  readonly offset?: bigint | undefined;
  /** Which of its ends belongs to a bin, and which names it: left unless given. */
  readonly closed?: Side | undefined;
  readonly label?: Side | undefined;
}

const MONDAY_MS = 4 * DAY_MS, WEEK_NS = 7n * BigInt(DAY_NS), MS = 1_000_000n;

/** The bins from one stamp to another. */
export class Grid {
  /** What names each bin. */
  readonly labels: BigInt64Array;
  readonly #starts: BigInt64Array;
  /** 1 where bins are closed on the right: a stamp then counts as one nanosecond less. */
  readonly #shift: bigint;
  #bin = 0;

  /** Throws RunnelError if there are more than MAX_BINS, or one begins or is named beyond the range of stamps. */
  constructor(options: GridOptions, first: bigint, last: bigint) {
    this.#shift = options.closed === "right" ? 1n : 0n;
    const starts: bigint[] = [];
    let end = MAX_STAMP;
    for (const edge of edges(options, first, last, this.#shift)) {
      if (edge > last - this.#shift) {
        end = edge;
        break;
      }
      if (edge < MIN_STAMP) {
        throw invalid(
          "The first bin would begin before 1677-09-22: ask for narrower ones, or another origin.",
        );
      }
      if (starts.push(edge) > MAX_BINS) throw tooMany(`more than ${MAX_BINS}`);
    }
    this.#starts = BigInt64Array.from(starts);
    this.labels = options.label === "right" ? this.#ends(end) : this.#starts;
  }

  get length(): number {
    return this.#starts.length;
  }

  /** The bin of a stamp, which is quick when it is that of the stamp before or the next one. */
  binOf(stamp: bigint): number {
    const ns = stamp - this.#shift, bin = this.#bin;
    if (ns < this.#starts[bin]! || ns >= this.#endOf(bin)) {
      this.#bin = ns >= this.#endOf(bin) && ns < this.#endOf(bin + 1)
        ? bin + 1
        : firstRowFrom(this.#starts, ns + 1n) - 1;
    }
    return this.#bin;
  }

  /** The first stamp that is after a bin. */
  endOf(bin: number): bigint {
    return this.#endOf(bin) + this.#shift;
  }

  #endOf(bin: number): bigint {
    return bin + 1 < this.#starts.length ? this.#starts[bin + 1]! : MAX_STAMP + 1n;
  }

  #ends(end: bigint): BigInt64Array {
    if (end > MAX_STAMP) throw invalid("The last bin would end after 2262-04-11: ask for label=left.");
    const ends = new BigInt64Array(this.#starts.length);
    ends.set(this.#starts.subarray(1));
    ends[ends.length - 1] = end;
    return ends;
  }
}

function tooMany(bins: string) {
  return invalid(
    `That would be ${bins} bins; at most ${MAX_BINS} are allowed. Ask for wider ones or a shorter range.`,
  );
}

/** The edges from the last one that is before `first`, or at it unless shifted, on; at least to the one after `last`. */
function edges(options: GridOptions, first: bigint, last: bigint, shift: bigint): Iterable<bigint> {
  const { every, origin = "epoch", zone = "UTC", offset = 0n } = options;
  const clock = new ZoneClock(zone);
  const isUtc = zone === "UTC";
  if (origin === "start_of_day" && every.kind === "fixed") {
    return partsOfDays(
      calendar({ kind: "days", days: 1 }, clock, offset, first - shift),
      every.ns,
      first - shift,
    );
  }
  if (every.kind === "months" || (every.kind === "days" && !isUtc)) {
    return calendar(every, clock, anchorOf(every, clock, origin, first) + offset, first - shift);
  }
  const ns = every.kind === "fixed" ? every.ns : BigInt(every.days) * BigInt(DAY_NS);
  const start = floorTo(first - shift, ns, fixedOrigin(ns, clock, origin, first) + offset);
  const bins = (last - shift - start) / ns + 1n;
  if (bins > MAX_BINS) throw tooMany(String(bins));
  return steps(start, ns);
}

function* steps(start: bigint, width: bigint): Generator<bigint> {
  for (let edge = start;; edge += width) yield edge;
}

function* partsOfDays(midnights: Iterable<bigint>, width: bigint, first: bigint): Generator<bigint> {
  let midnight: bigint | undefined;
  for (const next of midnights) {
    const from = midnight === undefined || midnight > first ? midnight : floorTo(first, width, midnight);
    if (from !== undefined) { for (let edge = from; edge < next; edge += width) yield edge; }
    midnight = next;
  }
}

/** The last multiple of a width, counted from an origin, that does not come after a stamp. */
function floorTo(ns: bigint, width: bigint, origin: bigint): bigint {
  const rest = (ns - origin) % width;
  return ns - (rest < 0n ? rest + width : rest);
}

function localOf(clock: ZoneClock, ns: bigint): number {
  return clock.toLocal(Number(floorTo(ns, MS, 0n) / MS));
}

function fixedOrigin(width: bigint, clock: ZoneClock, origin: Origin, first: bigint): bigint {
  if (origin === "epoch") return momentOf(clock, width % WEEK_NS === 0n ? BigInt(MONDAY_MS) * MS : 0n);
  if (typeof origin !== "string") return origin.isLocal ? momentOf(clock, origin.ns) : origin.ns;
  // Days begin at midnight anyway.
  if (origin === "start_of_day") return 0n;
  return momentOf(clock, BigInt(floorToDay(localOf(clock, first))) * MS);
}

/** The moment at which the clock shows a time, in nanoseconds. */
function momentOf(clock: ZoneClock, local: bigint): bigint {
  const millis = floorTo(local, MS, 0n);
  return BigInt(clock.toMoment(Number(millis / MS))) * MS + (local - millis);
}

/** What the clock shows where the bins of days or months are counted from, in nanoseconds. */
function anchorOf(every: Width, clock: ZoneClock, origin: Origin, first: bigint): bigint {
  if (typeof origin !== "string") {
    const shown = localOf(clock, origin.ns);
    return origin.isLocal ? origin.ns : BigInt(shown) * MS + (origin.ns - floorTo(origin.ns, MS, 0n));
  }
  if (origin !== "start_day") {
    return every.kind === "days" && every.days % 7 === 0 ? BigInt(MONDAY_MS) * MS : 0n;
  }
  const local = localOf(clock, first);
  if (every.kind !== "months") return BigInt(floorToDay(local)) * MS;
  const date = new Date(local), month = date.getUTCMonth();
  return BigInt(Date.UTC(date.getUTCFullYear(), month - month % every.unit)) * MS;
}

function floorToDay(local: number): number {
  return Math.floor(local / DAY_MS) * DAY_MS;
}

/** Edges of days or months, counted from what the clock shows at the anchor. */
function* calendar(every: Width, clock: ZoneClock, anchor: bigint, first: bigint): Generator<bigint> {
  const millis = Number(floorTo(anchor, MS, 0n) / MS), rest = anchor - floorTo(anchor, MS, 0n);
  const edge = (step: number) => {
    const local = every.kind === "months"
      ? addMonths(millis, step * every.months)
      : millis + step * (every as { days: number }).days * DAY_MS;
    return BigInt(clock.toMoment(within(local))) * MS + rest;
  };
  const width = every.kind === "months" ? every.months * 30 : (every as { days: number }).days;
  let step = Math.floor((localOf(clock, first) - millis) / (width * DAY_MS));
  while (edge(step) > first) step--;
  while (edge(step + 1) <= first) step++;
  for (;; step++) yield edge(step);
}

/** What is far beyond every stamp is as good as the end of the years that Date knows. */
function within(local: number): number {
  const most = 8.64e15 - 2 * DAY_MS;
  return Number.isNaN(local) ? most : Math.max(-most, Math.min(most, local));
}

/** The same day so many months on, or the last of a month that is too short. */
function addMonths(local: number, months: number): number {
  const date = new Date(local), day = date.getUTCDate();
  const time = local - floorToDay(local);
  const year = date.getUTCFullYear(), month = date.getUTCMonth() + months;
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, length)) + time;
}
