/** Events as clients send them: the schemas that validate and document, and the typed values that they become. */
import { z } from "zod";
import { iso, type Moment, readTime, timeWithin } from "../time.ts";
import type { SessionPart } from "./merge.ts";

/** Events that one batch may have. */
export const MAX_BATCH = 10_000;
/** A start that names no country counts as one of this. */
export const UNKNOWN_COUNTRY = "UNKNOWN";
/** Most characters of an id, and of a country. */
export const MAX_ID = 200, MAX_COUNTRY = 64;

const ID = `1 to ${MAX_ID} characters, without control characters`;
// deno-lint-ignore no-control-regex
const PLAIN = /^[^\x00-\x1F\x7F]*$/;
const isId = (text: string) =>
  text.length >= 1 && text.length <= MAX_ID && PLAIN.test(text) && text.isWellFormed();

/** What identifies a user, or a session of that user. */
export const Id = z.string({ error: `text of ${ID}` }).refine(isId, ID)
  .meta({ minLength: 1, maxLength: MAX_ID });

const EVENT_ID = `${ID}, or a whole number`;
/** The same in an event, where it may be a whole number, which is kept as its text. */
const EventId = z.unknown().transform((value, context) => {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string") {
    context.issues.push({ code: "custom", message: `text of ${EVENT_ID}`, input: value });
  } else if (!isId(text)) context.issues.push({ code: "custom", message: ID, input: value });
  else return text;
  return z.NEVER;
}).meta({ type: ["string", "integer"] as unknown as "string", minLength: 1, maxLength: MAX_ID });

/** Microseconds since the epoch as ISO 8601 in UTC without a zone; a fraction only where there is one. */
export function formatTime(micros: number): string {
  const fraction = micros % 1_000_000;
  const seconds = iso(Math.floor(micros / 1000)).slice(0, 19);
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, "0").replace(/0+$/, "")}`;
}

const TIMES = { first: 0, end: Date.UTC(2200, 0) };
const microsOf = ({ millis, nanos }: Moment) => millis * 1000 + Math.floor(nanos / 1000);

/** A time that an event may have in microseconds since the epoch; NaN for another, and for what is none. */
export function eventMicros(moment: Moment | undefined): number {
  return moment === undefined || moment.millis < TIMES.first || moment.millis >= TIMES.end
    ? NaN
    : microsOf(moment);
}

const time = timeWithin(TIMES, microsOf).meta({
  description: "When it happened: ISO 8601, UTC unless it names a zone, down to microseconds.",
  format: "date-time",
  example: "2019-04-16T20:40:50",
});

const PLAIN_COUNTRY = /^[A-Z0-9]{1,64}$/;
const COUNTRY = `1 to ${MAX_COUNTRY} letters and digits`;

/** A country as it is stored: upper case, letters and digits only. */
export const Country = z.string({ error: `text of ${COUNTRY}` }).transform((text, context) => {
  const code = PLAIN_COUNTRY.test(text) ? text : text.toUpperCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
  if (code.length >= 1 && code.length <= MAX_COUNTRY) return code;
  context.issues.push({ code: "custom", message: COUNTRY, input: text });
  return z.NEVER;
}).meta({ description: `Upper-cased and stripped to ${COUNTRY}.`, example: "DE" });

/** The start or the end of a session. */
export const Event = z.object({
  user_id: EventId.meta({ example: "d6313e1fb7d247a6a034e2aadc30ab3f" }),
  session_id: EventId.meta({ example: "674606b1-2270-4285-928f-eef4a6b90a60" }),
  event: z.enum(["start", "end"], "start or end"),
  ts: time,
  country: Country.nullish().meta({ description: "Of a start; an end has none." }),
}, { error: "an object with user_id, session_id, event and ts" });

/** An event that was checked. `ts` in microseconds since the epoch. */
export type SessionEvent = z.output<typeof Event>;

/**
 * An event as programs mostly write it, read in a quarter of the time that the schema takes; undefined leaves it to the
 * schema, which also says what is wrong.
 */
export function readPlainEvent(value: unknown): SessionEvent | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { user_id, session_id, event, ts, country } = value as Record<string, unknown>;
  if (typeof user_id !== "string" || typeof session_id !== "string" || typeof ts !== "string") {
    return undefined;
  }
  if (event !== "start" && event !== "end") return undefined;
  if (country !== undefined && !(typeof country === "string" && PLAIN_COUNTRY.test(country))) {
    return undefined;
  }
  const micros = isId(user_id) && isId(session_id) ? eventMicros(readTime(ts)) : NaN;
  return Number.isNaN(micros) ? undefined : { user_id, session_id, event, ts: micros, country };
}

/** What an event tells of its session. */
export function toPart({ user_id, session_id, event, ts, country }: SessionEvent): SessionPart {
  const isStart = event === "start";
  return {
    userId: user_id,
    sessionId: session_id,
    country: isStart ? country ?? UNKNOWN_COUNTRY : null,
    start: isStart ? ts : null,
    end: isStart ? null : ts,
  };
}

const batchOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: "an array of events" })
    .min(1, `1 to ${MAX_BATCH} events`).max(MAX_BATCH, `1 to ${MAX_BATCH} events`);

/** The events of one request. */
export const Batch = batchOf(Event);
/** The same before each event is checked for itself. */
export const UncheckedBatch = batchOf(z.unknown());
