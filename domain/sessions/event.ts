/** Events as clients send them: the schemas that validate and document, and the typed values that they become. */
import { z } from "zod";

/** Events that one batch may have. */
export const MAX_BATCH = 10_000;
/** A start that names no country counts as one of this. */
export const UNKNOWN_COUNTRY = "UNKNOWN";
const MAX_ID = 200;
const MAX_COUNTRY = 64;

const ID = `1 to ${MAX_ID} characters, without control characters`;
// deno-lint-ignore no-control-regex
const PLAIN = /^[^\x00-\x1F\x7F]*$/;
/** What identifies a user, or a session of that user. */
export const Id = z.string({ error: `text of ${ID}` })
  // One check instead of four: events are many.
  .refine(
    (text) => text.length >= 1 && text.length <= MAX_ID && PLAIN.test(text) && text.isWellFormed(),
    ID,
  )
  .meta({ minLength: 1, maxLength: MAX_ID });

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?(?:Z|([+-])(\d\d):?(\d\d)?)?$/i;
const WANTED_TIME =
  "an ISO 8601 date and time from 1970 to 2199, such as 2019-04-16T20:40:50, with at most six digits of a second";
const FIRST_TIME = 0, LAST_TIME = Date.UTC(2200, 0) * 1000;

/** Neighbours mostly share their date: the one that was read last, and its midnight in microseconds. */
let lastDate = "", lastMidnight = 0;

/** Microseconds since the epoch; undefined when the text is not such a time. Without a zone it is UTC. */
export function parseTime(text: string): number | undefined {
  const seconds = text.length === 19 ? secondsOfDay(text) : undefined;
  if (seconds === undefined) return parseAnyTime(text);
  const date = text.slice(0, 10);
  if (date !== lastDate) {
    const time = parseAnyTime(text);
    if (time === undefined) return undefined;
    lastDate = date;
    lastMidnight = time - seconds * 1_000_000;
  }
  return lastMidnight + seconds * 1_000_000;
}

/** Seconds since midnight of a text of 19 characters that ends in THH:MM:SS; undefined when it does not. */
function secondsOfDay(text: string): number | undefined {
  const hour = twoDigits(text, 11), minute = twoDigits(text, 14), second = twoDigits(text, 17);
  const isPlain = text[10] === "T" && text[13] === ":" && text[16] === ":";
  return isPlain && hour < 24 && minute < 60 && second < 60 ? (hour * 60 + minute) * 60 + second : undefined;
}

/** NaN where there are no two digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30, ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function parseAnyTime(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "", sign, zoneHour = 0, zoneMinute = 0] =
    match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const milliseconds = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second);
  // Date turns February 30 into March 1 or 2.
  const date = new Date(milliseconds);
  if (date.getUTCDate() !== +day! || date.getUTCMonth() !== +month! - 1) return undefined;
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -60_000_000 : 60_000_000);
  const time = milliseconds * 1000 - zone + Number(fraction.padEnd(6, "0"));
  return time >= FIRST_TIME && time < LAST_TIME ? time : undefined;
}

/** Microseconds since the epoch as ISO 8601 in UTC without a zone; a fraction only where there is one. */
export function formatTime(micros: number): string {
  const fraction = micros % 1_000_000;
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
}

const time = z.string({ error: WANTED_TIME }).transform((text, context) => {
  const parsed = parseTime(text);
  if (parsed !== undefined) return parsed;
  context.issues.push({ code: "custom", message: WANTED_TIME, input: text });
  return z.NEVER;
}).meta({
  description: "When it happened: ISO 8601, UTC unless it names a zone, down to microseconds.",
  format: "date-time",
  example: "2019-04-16T20:40:50",
});

const COUNTRY = `1 to ${MAX_COUNTRY} letters and digits`;

/** A country as it is stored: upper case, letters and digits only. */
export const Country = z.string({ error: `text of ${COUNTRY}` }).transform((text, context) => {
  const code = /^[A-Z0-9]+$/.test(text) ? text : text.toUpperCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
  if (code.length >= 1 && code.length <= MAX_COUNTRY) return code;
  context.issues.push({ code: "custom", message: COUNTRY, input: text });
  return z.NEVER;
}).meta({ description: `Upper-cased and stripped to ${COUNTRY}.`, example: "DE" });

/** The start or the end of a session. */
export const Event = z.object({
  user_id: Id.meta({ example: "d6313e1fb7d247a6a034e2aadc30ab3f" }),
  session_id: Id.meta({ example: "674606b1-2270-4285-928f-eef4a6b90a60" }),
  event: z.enum(["start", "end"], "start or end"),
  ts: time,
  country: Country.nullish().meta({ description: "Of a start; an end has none." }),
}, { error: "an object with user_id, session_id, event and ts" });

/** An event that was checked. `ts` in microseconds since the epoch. */
export type SessionEvent = z.output<typeof Event>;

/** The events of one request. */
export const Batch = z.array(Event, { error: "an array of events" })
  .min(1, `1 to ${MAX_BATCH} events`).max(MAX_BATCH, `1 to ${MAX_BATCH} events`);
