/** Reading query parameters: each once, known ones only, as a route's schema says. */
import { z } from "zod";
import { invalid, RunnelError } from "../domain/errors.ts";
import { check } from "./request.ts";
import type { RouteReference } from "./route.ts";

/** A key for a browser that can set no header; the gate reads it. */
const KEY_PARAMETER = "access_token";

/** Reads the query of a request's URL. Unknown, repeated or wrong parameters: `invalid-request`. */
export type QueryReader = (url: string) => Record<string, unknown>;

/** Makes the reader for a route. */
export function createQueryReader(
  { query = z.object({}), ignoresUnknown = false }: Pick<RouteReference, "query" | "ignoresUnknown">,
): QueryReader {
  const lists = new Set(Object.keys(query.shape).filter((name) => takesList(query.shape[name])));
  const known = Object.keys(query.shape);
  // Most requests have no query: what the schema makes of nothing is made once.
  const ofNothing = query.safeParse({});
  return (url) => {
    const mark = url.indexOf("?");
    if (mark < 0 && ofNothing.success) return ofNothing.data;
    const given: Record<string, unknown> = {};
    for (const [name, value] of new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1))) {
      if (name === KEY_PARAMETER || (ignoresUnknown && !known.includes(name))) continue;
      if (!known.includes(name)) throw unknownParameter(name, known);
      if (lists.has(name)) (given[name] ??= [] as string[], given[name] as string[]).push(value);
      else if (name in given) throw refusal(name, "is given more than once");
      else given[name] = value;
    }
    return check(given, query) as Record<string, unknown>;
  };
}

function takesList(schema: z.core.$ZodType | undefined): boolean {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? schema.unwrap() : schema;
  return inner instanceof z.ZodArray || (inner instanceof z.ZodPipe && takesList(inner.in));
}

function unknownParameter(name: string, known: readonly string[]): RunnelError {
  const which = known.length === 0 ? "this address takes none" : `known are ${known.join(", ")}`;
  return refusal(name, `is not a known parameter: ${which}`);
}

function refusal(name: string, message: string): RunnelError {
  return invalid(`${name} ${message}`, [{ path: name, message }]);
}
