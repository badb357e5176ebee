/** What every chat system's data passes before it is stored: it may be malformed, or made to harm. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { MAX_TEXT, SourceId } from "./inbox.ts";

/** Text as it can be stored: no NUL, no lone surrogates, not longer than a message may be. */
export const ForeignText = z.string().transform((text) =>
  text.slice(0, MAX_TEXT).toWellFormed().replaceAll("\0", "")
);

/** A name as it can be stored. */
export const ForeignName = ForeignText.transform((text) => text.trim().slice(0, 128).toWellFormed());

/** An id, as strict as those of programs. */
export const ForeignId = SourceId;

/** What somebody is called whose name nobody tells: always the same, another for each, and no id. */
export function unnamed(id: string): string {
  return `someone-${createHash("sha256").update(id).digest("hex").slice(0, 4)}`;
}

/** A list without the entries that are not as they should be. */
export function wellFormed<S extends z.ZodType>(entries: unknown, schema: S): z.output<S>[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => {
    const result = schema.safeParse(entry);
    return result.success ? [result.data] : [];
  });
}
