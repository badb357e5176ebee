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

/** Function word → languages that have it; one that many languages share says little for each. */
const functionWordLanguages = new Map<string, Language[]>();
for (const language of latin) {
  for (const word of new Set(functionWords(language))) {
    if (!/^\p{L}{2}/u.test(word)) continue;
    const languages = functionWordLanguages.get(word);
    if (languages === undefined) functionWordLanguages.set(word, [language]);
    else languages.push(language);
  }
}

/** Chat in the three main languages borrows words, so they get a head start. */
const prior: Readonly<Record<string, number>> = { en: 0.3, fr: 0.2, de: 0.2 };
const enoughWords = 60;
const decisiveLead = 0.3;
/** Function words so far ahead need no help from spelling, which is four times as slow. */
const clearLead = 1.5;

type Scores = Map<Language, number>;

function add(scores: Scores, language: Language, weight: number): void {
  scores.set(language, (scores.get(language) ?? prior[language] ?? 0) + weight);
}

function addFunctionWords(scores: Scores, words: readonly string[]): void {
  for (const word of words) {
    const languages = functionWordLanguages.get(word);
    if (languages === undefined) continue;
    for (const language of languages) add(scores, language, 1 / languages.length);
  }
}

function addSpelling(scores: Scores, words: readonly string[]): void {
  for (const word of words) {
    if (word.length < 4) continue;
    for (const [shape, language, weight] of shapes) {
      if (shape.test(word)) add(scores, language, weight);
    }
  }
}

function leader(scores: Scores): LanguageGuess {
  let best: Language = "und";
  let [first, second] = [0, 0];
  for (const [language, score] of scores) {
    if (score > first) [best, first, second] = [language, score, first];
    else if (score > second) second = score;
  }
  return { language: best, lead: first - second };
}

/**
 * Guesses the language of a text from its words in lower case (as `tokenize` returns them), looking at 60 at most.
 * English, French and German need about two words; without any evidence the language is "und" and the lead 0.
 */
export function guessLanguage(words: readonly string[]): LanguageGuess {
  const some = words.length > enoughWords ? words.slice(0, enoughWords) : words;
  const text = some.join(" ");
  if (
    /[\u0250-\u1fff\u2070-\uffff]/.test(text) &&
    /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(text)
  ) {
    const foreign = text.match(/[^\p{Script=Latin}\P{L}]/gu)?.length ?? 0;
    const roman = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
    const script = scripts.find(([pattern]) => pattern.test(text));
    if (foreign * 2 > roman) return { language: script?.[1] ?? "und", lead: 1 };
  }
  const scores: Scores = new Map();
  addFunctionWords(scores, some);
  const guess = leader(scores);
  if (guess.lead >= clearLead) return guess;
  addSpelling(scores, some);
  return leader(scores);
}

/** The language of a text, or `fallback` where the text says too little to tell. */
export function identifyLanguage(words: readonly string[], fallback: Language = "und"): Language {
  const { language, lead } = guessLanguage(words);
  return lead >= decisiveLead ? language : fallback === "und" ? language : fallback;
}
