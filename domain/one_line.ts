/**
 * A text as one line of a log or of a terminal: what would begin another line, or move the cursor, is percent-encoded.
 * Texts of users, such as percent-decoded paths, may hold it.
 */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => encodeURIComponent(character));
}
