/** Media types: what an item says its content is. */

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[\\x20-\\x7e])*"))?)*$`,
);

/** Whether a text is exactly one media type with its parameters (RFC 9110 §8.3.1). */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}
