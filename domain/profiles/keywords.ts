/** What people write of themselves, as keywords. */
import { identifyLanguage } from "../text/language.ts";
import { functionWords } from "../text/stop_words.ts";
import { isNumber, tokenize } from "../text/words.ts";
import { text } from "./demographics.ts";

/** Where services keep such a text. */
const SOURCES: Readonly<Record<string, string>> = { facebook: "bio", twitter: "description" };
/** Longest text that is read, in characters. */
const MAX_TEXT = 10_000;
const MAX_WORD = 100;

/**
 * The keywords of a service's text: lower-cased words without punctuation, numbers and the stop words of the text's
 * language, each once. Undefined when the service brings no text.
 */
export function readKeywords(
  service: string,
  fields: Readonly<Record<string, unknown>>,
): string[] | undefined {
  if (!Object.hasOwn(SOURCES, service)) return undefined;
  const content = text(fields[SOURCES[service]!]);
  if (content === undefined) return undefined;
  // Wide Latin and narrow Katakana are the same words as their usual forms.
  const words = tokenize(content.slice(0, MAX_TEXT).toWellFormed().normalize("NFKC")).map((word) =>
    word.toLowerCase()
  );
  const stopWords = new Set(functionWords(identifyLanguage(words, "en")));
  const isKeyword = (word: string) =>
    word !== "" && word.length <= MAX_WORD && !isNumber(word) && !stopWords.has(word);
  return [...new Set(words.filter(isKeyword))];
}
