/**
 * Which language a message is in, by its function words (Grefenstette 1995: on short texts they tell languages apart as
 * well as letter trigrams, which need 30 words), its script, and letters and endings typical of a language.
 */
import { functionWords } from "./stop_words.ts";

/** An ISO 639-1 code, or "und" (undetermined) as in BCP 47. */
export type Language = string;

/** A text's likeliest language, and how far it is ahead of the second, from 0 (no evidence) upwards. */
export interface LanguageGuess {
  readonly language: Language;
  readonly lead: number;
}

const latin = [
  "en",
  "fr",
  "de",
  "es",
  "it",
  "pt",
  "nl",
  "sv",
  "da",
  "no",
  "fi",
  "pl",
  "cs",
  "ro",
  "hu",
  "tr",
];

const scripts: readonly (readonly [RegExp, Language])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, "ja"],
  [/\p{Script=Han}/u, "zh"],
  [/\p{Script=Hangul}/u, "ko"],
  [/[іїєґ]/u, "uk"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Hebrew}/u, "he"],
  [/[پچژگ]/u, "fa"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Thai}/u, "th"],
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Bengali}/u, "bn"],
  [/\p{Script=Armenian}/u, "hy"],
];

const shapes: readonly (readonly [RegExp, Language, number])[] = [
  [/ß|^[a-z]*(?:sch|tz)|(?:ung|ungen|keit|heit|lich|isch|schaft|chen|tzt|iert)$|[äöü]/u, "de", 0.6],
  [/œ|ç|[èê]|(?:eau|eaux|euse|ique|aient|tait|ez|ée|ées|és|eur|eurs|oir|ie|isme)$/u, "fr", 0.6],
  [/(?:ing|ness|ly|tion|ed|ght|ck|ty|er|ry|th)$|^(?:wh|th|kn)|n't$/u, "en", 0.3],
  [/[ñ¿¡]|(?:ción|dad|ando)$/u, "es", 0.6],
  [/ã|õ|(?:ção|ções)$/u, "pt", 0.8],
  [/(?:zione|zioni|mente|ità)$/u, "it", 0.6],
  [/[åø]/u, "da", 0.3],
  [/[åä]/u, "sv", 0.2],
  [/[ąęłśźż]/u, "pl", 0.8],
  [/[řěů]/u, "cs", 0.8],
  [/[őű]/u, "hu", 0.8],
  [/[ğış]/u, "tr", 0.8],
  [/[țșă]/u, "ro", 0.8],
];

/** Function word → indexes in `latin` of the languages that have it; one that many share says little for each. */
const languagesOfWord = new Map<string, { readonly languages: number[]; lastText: number }>();
/** How many texts were read; tells whether a word occurred in this one before. */
let textsRead = 0;
for (const [index, language] of latin.entries()) {
  for (const word of new Set(functionWords(language))) {
    if (!/^\p{L}{2}/u.test(word)) continue;
    const known = languagesOfWord.get(word);
    if (known === undefined) languagesOfWord.set(word, { languages: [index], lastText: 0 });
    else known.languages.push(index);
  }
}

/** Chat in the three main languages borrows words, so they get a head start. */
const prior = Float64Array.from(latin, (language) => ({ en: 0.3, fr: 0.2, de: 0.2 })[language] ?? 0);
const enoughWords = 40;
/** How far ahead one of the three main languages, or another one, must be to be believed. */
const decisiveLead = 0.3;
const decisiveLeadOfOthers = 1.1;
/** Function words so far ahead need no help from spelling, which takes longer. */
const clearLead = 1.5;

/** The evidence for each of `latin`, cleared before each text. */
const scores = new Float64Array(latin.length);

/** Each function word counts once, however often it occurs. */
function addFunctionWords(words: readonly string[]): void {
  textsRead++;
  for (const word of words) {
    const found = languagesOfWord.get(word);
    if (found === undefined || found.lastText === textsRead) continue;
    found.lastText = textsRead;
    const share = 1 / found.languages.length;
    for (let index = 0; index < found.languages.length; index++) scores[found.languages[index]!]! += share;
  }
}

/** Word → for which languages its spelling speaks, and how much; most words of a day occur many times. */
const spellings = new Map<string, readonly (readonly [number, number])[]>();
const capacity = 20_000;

function spellingOf(word: string): readonly (readonly [number, number])[] {
  let found = spellings.get(word);
  if (found === undefined) {
    found = shapes.filter(([shape]) => shape.test(word))
      .map(([, language, weight]) => [latin.indexOf(language), weight] as const);
    if (spellings.size >= capacity) spellings.clear();
    spellings.set(word, found);
  }
  return found;
}

function addSpelling(words: readonly string[]): void {
  for (const word of words) {
    if (word.length < 4) continue;
    for (const [language, weight] of spellingOf(word)) scores[language]! += weight;
  }
}

/** The language with the most evidence, its head start included; "und" where there is none for any. */
function leader(): LanguageGuess {
  let best: Language = "und";
  let [first, second] = [0, 0];
  for (let index = 0; index < scores.length; index++) {
    const evidence = scores[index]!;
    const score = evidence === 0 ? 0 : evidence + prior[index]!;
    if (score > first) [best, first, second] = [latin[index]!, score, first];
    else if (score > second) second = score;
  }
  return { language: best, lead: first - second };
}

const beyondLatin = /[\u0250-\u1dff\u1f00-\u1fff\u2c00-\uffff]/;

/** The language of a text in which letters of another script than Latin are more than half as many as the Latin ones. */
function byScript(text: string): LanguageGuess | undefined {
  const foreign = text.match(/[^\p{Script=Latin}\P{L}]/gu)?.length ?? 0;
  const roman = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  if (foreign * 2 <= roman) return undefined;
  return { language: scripts.find(([pattern]) => pattern.test(text))?.[1] ?? "und", lead: 2 };
}

/**
 * Guesses the language of a text from its words in lower case (as `tokenize` returns them), looking at 40 at most.
 * English, French and German need about two words; without any evidence the language is "und" and the lead 0.
 */
export function guessLanguage(words: readonly string[]): LanguageGuess {
  const some = words.length > enoughWords ? words.slice(0, enoughWords) : words;
  const foreign = some.some((word) => beyondLatin.test(word)) ? byScript(some.join(" ")) : undefined;
  if (foreign !== undefined) return foreign;
  scores.fill(0);
  addFunctionWords(some);
  const guess = leader();
  if (guess.lead >= clearLead) return guess;
  addSpelling(some);
  return leader();
}

/** The language of a text, or `fallback` where the text says too little to tell. */
export function identifyLanguage(words: readonly string[], fallback: Language = "und"): Language {
  const { language, lead } = guessLanguage(words);
  const isMain = language === "en" || language === "fr" || language === "de";
  return lead >= (isMain ? decisiveLead : decisiveLeadOfOthers) ? language : fallback;
}
