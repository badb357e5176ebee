/** What single sessions add to the figures, as a blob: so that it can be subtracted when they expire. */
import { Buffer } from "node:buffer";

/** Instead of a duration: a session without an end, and one with an end before its start. */
export const OPEN = -1, INCONSISTENT = -2;

/** What a session with a start adds to the figures, or with -1 takes away. */
export interface Contribution {
  readonly sign: 1 | -1;
  readonly country: string;
  /** Of its start: quarters of an hour since the epoch. */
  readonly quarter: number;
  /** Microseconds, or `OPEN`, or `INCONSISTENT`. */
  readonly duration: number;
  /** When the session was received, in milliseconds since the epoch. */
  readonly received: number;
}

/** Times of receipt in one blob lie less than this apart, in milliseconds. */
export const LEDGER_SPAN = 3_600_000;
const HEADER = 16;
const columnsOf = (count: number) => ({
  durations: HEADER,
  received: HEADER + count * 8,
  quarters: HEADER + count * 12,
  countries: HEADER + count * 16,
  signs: HEADER + count * 18,
  names: HEADER + count * 19,
});

/** Contributions of times within `LEDGER_SPAN` as a blob. */
export function packLedger(contributions: readonly Contribution[]): Uint8Array<ArrayBuffer> {
  const count = contributions.length, at = columnsOf(count);
  const first = contributions.reduce((least, { received }) => Math.min(least, received), Infinity);
  const indexes = new Map<string, number>();
  for (const { country } of contributions) if (!indexes.has(country)) indexes.set(country, indexes.size);
  const names = Buffer.from(JSON.stringify([...indexes.keys()]));
  const bytes = new Uint8Array(at.names + names.length), { buffer } = bytes;
  new Uint32Array(buffer, 0, 1)[0] = count;
  new Float64Array(buffer, 8, 1)[0] = first;
  const { durations, received, quarters, countries, signs } = viewsOf(bytes, count);
  for (const [i, { sign, country, quarter, duration, received: time }] of contributions.entries()) {
    durations[i] = duration;
    received[i] = time - first;
    quarters[i] = quarter;
    countries[i] = indexes.get(country)!;
    signs[i] = sign;
  }
  bytes.set(names, at.names);
  return bytes;
}

/** The contributions of a blob of `packLedger`. */
export function unpackLedger(stored: Uint8Array): Contribution[] {
  const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  const [count] = new Uint32Array(bytes.buffer, bytes.byteOffset, 1) as unknown as [number];
  const [first] = new Float64Array(bytes.buffer, bytes.byteOffset + 8, 1) as unknown as [number];
  const names: string[] = JSON.parse(Buffer.from(bytes.subarray(columnsOf(count).names)).toString());
  const { durations, received, quarters, countries, signs } = viewsOf(bytes, count);
  return Array.from({ length: count }, (_, i): Contribution => ({
    sign: signs[i] as 1 | -1,
    country: names[countries[i]!]!,
    quarter: quarters[i]!,
    duration: durations[i]!,
    received: first + received[i]!,
  }));
}

function viewsOf({ buffer, byteOffset }: Uint8Array, count: number) {
  const at = columnsOf(count);
  return {
    durations: new Float64Array(buffer, byteOffset + at.durations, count),
    received: new Uint32Array(buffer, byteOffset + at.received, count),
    quarters: new Uint32Array(buffer, byteOffset + at.quarters, count),
    countries: new Uint16Array(buffer, byteOffset + at.countries, count),
    signs: new Int8Array(buffer, byteOffset + at.signs, count),
  };
}
