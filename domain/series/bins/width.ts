/** How wide bins are: so many nanoseconds, or days or months of the calendar. */
import { invalid, quote } from "../../errors.ts";
import { DAY_NS } from "../frame/stamps.ts";

/** A width. Days have 23 or 25 hours where clocks change; `unit` is what the months are counted in: 1, 3 or 12. */
export type Width =
  | { readonly kind: "fixed"; readonly ns: bigint }
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "months"; readonly months: number; readonly unit: number };

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: BigInt(DAY_NS),
  w: 7n * BigInt(DAY_NS),
};
const MONTHS: Record<string, number> = { mo: 1, q: 3, y: 12 };
const SUM = /^([1-9]\d{0,8}(ns|us|ms|min|[smhdw])){1,8}$/i;

/** The nanoseconds of a sum such as 1h30m; undefined for what is none. */
function sumOf(text: string): bigint | undefined {
  if (!SUM.test(text)) return undefined;
  const parts = text.toLowerCase().matchAll(/(\d+)([a-z]+)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + BigInt(count!) * UNITS[unit!]!, 0n);
}

function checkMonth(name: string, text: string): void {
  const month = /(\d+)M(?![a-z])/.exec(text);
  if (!month) return;
  throw invalid(
    `${name} is ${quote(text)}: M means months to some and minutes to others; ` +
      `use ${month[1]}mo for months or ${month[1]}m for minutes.`,
  );
}

/**
 * Reads the width of a bin: a sum such as 15m, 1h30m or 1d (units ns, us, ms, s, m or min, h, d, w), or months, quarters
 * or years: 1mo, 1q, 1y. Throws RunnelError naming the text.
 */
export function parseEvery(text: string): Width {
  checkMonth("every", text);
  const [, count, unit] = /^([1-9]\d{0,4})(mo|q|y)$/i.exec(text) ?? [];
  if (unit !== undefined) {
    const months = MONTHS[unit.toLowerCase()]!;
    return { kind: "months", months: Number(count) * months, unit: months };
  }
  const ns = sumOf(text);
  if (ns === undefined) {
    throw invalid(
      `every is ${quote(text)}: use whole numbers with a unit, such as 15m, 1h30m, 1d or 1mo ` +
        `(ns, us, ms, s, m, h, d, w; or one of mo, q, y by itself).`,
    );
  }
  // 24h is always so long, 1d is a day of the calendar.
  return /[dw]/i.test(text) && !/[smh]/i.test(text)
    ? { kind: "days", days: Number(ns / BigInt(DAY_NS)) }
    : { kind: "fixed", ns };
}

/** Reads by how much bins are shifted: a sum as in `every`, perhaps with a minus, in nanoseconds. */
export function parseOffset(text: string): bigint {
  checkMonth("offset", text);
  const [, minus, sum] = /^([-+ ]?)(.*)$/s.exec(text)!;
  const ns = sumOf(sum!);
  if (ns === undefined || ns > 366n * BigInt(DAY_NS)) {
    throw invalid(
      `offset is ${quote(text)}: use whole numbers with a unit, such as 9h30m or -15m, at most 366d.`,
    );
  }
  return minus === "-" ? -ns : ns;
}
