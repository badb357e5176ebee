/** Readers of query parameters and of settings that every area shares: one of each, with one wording. */
import { z } from "zod";
import { DAY_MS, HOUR_MS } from "../domain/time.ts";

/** A whole number in a query, from `least` to `most`, both included. */
export function wholeNumber(least: number, most: number, description: string) {
  const wanted = `a whole number from ${least} to ${most}`;
  return z.unknown().transform((value, context) => {
    const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) {
      return number;
    }
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  }).meta({ type: "integer", minimum: least, maximum: most, description });
}

/** A flag in a query: `1` or `true`, `0` or `false`. */
export function flag(description: string) {
  return z.unknown().transform((value, context) => {
    if (value === "1" || value === "true" || value === true) return true;
    if (value === "0" || value === "false" || value === false) return false;
    context.addIssue({ code: "custom", message: "true or false (1 or 0)" });
    return z.NEVER;
  }).meta({ type: "boolean", description });
}

/** One of a few words in a query. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words, description: string) {
  return z.enum(words, { error: ({ input }) => `${JSON.stringify(input)} is none of ${words.join(", ")}` })
    .meta({ description });
}

/** Words separated by commas. */
export function list(description: string) {
  return z.string().transform((text) => text.split(",").map((word) => word.trim()).filter(Boolean))
    .meta({ description, example: "a,b" });
}

const UNIT_MILLIS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: HOUR_MS,
  d: DAY_MS,
};

/** A length of time such as `500ms`, `30s`, `5m`, `1h` or `7d`, in milliseconds; at most `most` of them. */
export function duration(most: number, description: string) {
  const wanted = `a length of time such as 500ms, 30s, 5m, 1h or 7d, at most ${most / 1000} seconds`;
  return z.string({ error: wanted }).transform((text, context) => {
    const [, count, unit] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
    const millis = Number(count) * (UNIT_MILLIS[unit ?? ""] ?? NaN);
    if (millis <= most) return millis;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  }).meta({ description, example: "30s" });
}

/** The body that sets something: a field that is not among these is refused, and the known ones are listed. */
export function settings<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${(issue.keys as string[]).join(", ")}: not a known field; known are ${known}`
        : undefined,
  });
}

/** A link of `_links`. */
export const Link = z.strictObject({ href: z.url() }).meta({ id: "Link" });

/** A moment as answers show it: ISO 8601 in UTC with milliseconds. */
export const Moment = z.iso.datetime({ precision: 3 }).meta({ example: "2026-01-02T03:04:05.678Z" });
