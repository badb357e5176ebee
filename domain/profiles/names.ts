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
