/** What apps, accounts, events, contexts and services may be called. */
import { z } from "zod";
import { isDots } from "../names.ts";

const MAX_NAME = 200;
const WANTED = `1 to ${MAX_NAME} characters`;

/** True for 1 to 200 characters of Unicode that a database can hold, `.` and `..` excepted. */
export function isName(name: string): boolean {
  return name.length > 0 && isContext(name) && !isDots(name);
}

/** A name, or nothing. */
function isContext(context: string): boolean {
  return (context.length <= MAX_NAME || [...context].length <= MAX_NAME) && !context.includes("\0") &&
    context.isWellFormed();
}

/** Name of an app, an account or an event. */
export const Name = z.string({ error: `a name of ${WANTED}` }).refine(
  isName,
  `a name has ${WANTED}, and is not . or ..`,
);

/** Context of an event; empty: none. */
export const Context = z.string({ error: "a text" }).refine(
  isContext,
  `a context has at most ${MAX_NAME} characters`,
);

/** What is said of an id that is refused. */
export const WANTED_ID = "a text of 1 to 200 characters or a whole number; send a number beyond 2^53 as text";

/**
 * What programs send for somebody whom they do not know: no text or only NULs, a zero, a missing value that became a
 * text. They are no ids, or all strangers would be one person.
 */
const NO_ID = /^[\s\0]*(?:0|undefined|null|none|anonymous|nan)?[\s\0]*$/i;

/** Numbers and their digits are the same id: services send either. False: no id can be this. */
export function readId(id: unknown): string | undefined | false {
  if (id === undefined || ((typeof id === "string" || id === 0) && NO_ID.test(`${id}`))) return undefined;
  // Past 2^53 a number may already be another one than was sent, and would make strangers one person.
  if (typeof id === "number") return Number.isSafeInteger(id) && String(id);
  return typeof id === "string" && isName(id) && id;
}

/** An id of an event or of a service, as text; undefined: none. */
export const Id = z.unknown().transform((value, context): string | undefined => {
  const id = readId(value);
  if (id !== false) return id;
  context.addIssue({ code: "custom", message: WANTED_ID });
  return z.NEVER;
}).meta({ type: ["string", "integer"] as unknown as "string", maxLength: MAX_NAME });
