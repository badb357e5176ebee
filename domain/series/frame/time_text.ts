/** Times, durations and decimals of columns as the texts that stand for them in cells, and back, exactly. */
import { DAY_MS, iso } from "../../time.ts";
import type { DtypeKind } from "../../../db/series/catalogue_row.ts";
import { formatStamp, UNIT_NS } from "./stamps.ts";

const DAY = BigInt(DAY_MS) * UNIT_NS.ms;
/** Milliseconds from 1970 that a Date can have. */
const MAX_MS = 8.64e15;
const STAMP = /^((?:[+-]\d{2})?\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?(Z)?$/;
const DURATION = /^P(-?\d{1,9})DT(\d{1,2})H(\d{1,2})M(\d{1,2})(?:\.(\d{1,9}))?S$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;
const DECIMAL = /^(-?)(\d{1,80})(?:\.(\d{1,80}))?$/;

/** The text of a count of what the type counts: units since 1970, units, days, or 10^-scale. Undefined: it is no such time. */
export function timeText(kind: DtypeKind, count: bigint): string | undefined {
  switch (kind.type) {
    case "timestamp": {
      const ns = count * UNIT_NS[kind.unit];
      return isDate(ns / UNIT_NS.ms) ? formatStamp(ns, kind.zone !== undefined) : undefined;
    }
    case "date":
    case "date64": {
      const ms = kind.type === "date" ? count * BigInt(DAY_MS) : count;
      return isDate(ms) ? iso(Number(ms)).replace(/T.*/, "") : undefined;
    }
    case "duration":
      return durationText(count * UNIT_NS[kind.unit]);
    case "time": {
      const ns = count * UNIT_NS[kind.unit];
      if (ns < 0n || ns >= DAY) return undefined;
      return formatStamp(ns, false).slice(11).replace(/\.000$/, "");
    }
    case "decimal":
      return decimalText(count, kind.scale);
    default:
      return undefined;
  }
}

function isDate(ms: bigint): boolean {
  return ms >= -BigInt(MAX_MS) && ms <= BigInt(MAX_MS);
}

/** As pandas' Timedelta.isoformat writes it. */
function durationText(ns: bigint): string {
  const days = ns >= 0n || ns % DAY === 0n ? ns / DAY : ns / DAY - 1n, rest = ns - days * DAY;
  const [seconds, fraction] = [Number(rest / UNIT_NS.s), Number(rest % UNIT_NS.s)];
  const digits = fraction === 0 ? "" : `.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `P${days}DT${hours}H${minutes}M${seconds % 60}${digits}S`;
}

function decimalText(count: bigint, scale: number): string {
  const sign = count < 0n ? "-" : "", digits = String(count < 0n ? -count : count);
  if (scale <= 0) return sign + (digits === "0" ? digits : digits + "0".repeat(-scale));
  const padded = digits.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** What timeText wrote, in what the type counts. Undefined: the text is another, or finer than that. */
export function readTimeText(kind: DtypeKind, text: string): bigint | undefined {
  switch (kind.type) {
    case "timestamp": {
      const ns = readStampNs(text, kind.zone !== undefined);
      return ns === undefined ? undefined : divided(ns, UNIT_NS[kind.unit]);
    }
    case "date":
    case "date64": {
      const ns = readStampNs(text, false);
      return ns === undefined ? undefined : divided(ns, kind.type === "date" ? DAY : UNIT_NS.ms);
    }
    case "duration": {
      const [, days, hours, minutes, seconds, fraction = ""] = DURATION.exec(text) ?? [];
      if (days === undefined) return undefined;
      const whole = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
      return divided(BigInt(days) * DAY + whole * UNIT_NS.s + nanos(fraction), UNIT_NS[kind.unit]);
    }
    case "time": {
      const [, hours, minutes, seconds, fraction = ""] = TIME.exec(text) ?? [];
      if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
        return undefined;
      }
      const whole = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
      return divided(whole * UNIT_NS.s + nanos(fraction), UNIT_NS[kind.unit]);
    }
    case "decimal":
      return readDecimal(text, kind.precision, kind.scale);
    default:
      return undefined;
  }
}

function readStampNs(text: string, aware: boolean): bigint | undefined {
  const [, day, time = "00:00:00", fraction = "", zone] = STAMP.exec(text) ?? [];
  if (day === undefined || (zone !== undefined) !== aware) return undefined;
  const ms = Date.parse(`${day}T${time}.000Z`);
  if (Number.isNaN(ms) || !iso(ms).startsWith(day)) return undefined;
  return BigInt(ms) * UNIT_NS.ms + nanos(fraction);
}

function nanos(fraction: string): bigint {
  return BigInt(fraction.padEnd(9, "0"));
}

function divided(ns: bigint, unit: bigint): bigint | undefined {
  return ns % unit === 0n ? BigInt.asIntN(64, ns / unit) === ns / unit ? ns / unit : undefined : undefined;
}

function readDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const [, sign, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || fraction.length > Math.max(scale, 0)) return undefined;
  const digits = whole + fraction.padEnd(Math.max(scale, 0), "0");
  const count = scale < 0 ? divided(BigInt(digits), 10n ** BigInt(-scale)) : BigInt(digits);
  if (count === undefined || String(count).length > precision) return undefined;
  return sign === "-" ? -count : count;
}
