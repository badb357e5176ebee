/** Analysis of one message: a plain value that depends on nothing but the message, so that it can be cached. */
import { identifyLanguage, type Language } from "../../text/language.ts";
import { isAutomatic, kindOf, type MessageKind, ownProse } from "./markup.ts";
import { joinOrdinals, splitSentences } from "../../text/sentences.ts";
import { stem } from "../../text/stems.ts";
import { isFiller, isFormula, stopWords } from "../../text/stop_words.ts";
import { BOUNDARY, countWords, isNumber, tokenize } from "../../text/words.ts";

/** A message as it came in: who wrote it, and its text with all markup. */
export interface Message {
  readonly user: string;
  readonly text: string;
}

/** One sentence of a message. */
export interface AnalyzedSentence {
  /** As written, white space as single spaces. */
  readonly text: string;
  /** How many words a word limit counts. */
  readonly length: number;
  /** Its words as written, `BOUNDARY` between those that punctuation, links or mentions separate. */
  readonly words: readonly string[];
  /** For each of `words` its stem, or `BOUNDARY` where it is a stop word or a boundary. */
  readonly stems: readonly string[];
}

/** A message with what the analysis found. */
export interface AnalyzedMessage extends Message {
  readonly language: Language;
  readonly kind: MessageKind;
  /** The sentences of its prose; empty unless `kind` is "prose". */
  readonly sentences: readonly AnalyzedSentence[];
}

/** No message is about more than what its first characters say; what follows is cut before the analysis. */
export const analyzedCharacters = 20_000;

/** A busy channel has about 10,000 different words a day, most of them many times. */
const capacity = 50_000;
/** What is longer is a hash, a key or an encoded file. */
const longestTopic = 50;
const topicStems = new Map<Language, Map<string, string>>();

/** The stem of a word as written, or `BOUNDARY` if it is no topic: a stop word, a filler, one letter, a number. */
function topicStem(raw: string, language: Language, known: Map<string, string>): string {
  let found = known.get(raw);
  if (found === undefined) {
    const word = raw.toLowerCase();
    const isTopic = word.length > 1 && word.length <= longestTopic && !stopWords(language).has(word) &&
      !isNumber(word) && !isFiller(word);
    found = isTopic ? stem(word, language) : BOUNDARY;
    if (known.size >= capacity) known.clear();
    known.set(raw, found);
  }
  return found;
}

const tellingWords = 40;

/** The first words of some sentences in lower case: enough to tell the language, and whether anything is said. */
function lowerCaseWords(sentences: readonly (readonly string[])[]): string[] {
  const lower: string[] = [];
  for (const words of sentences) {
    for (const word of words) {
      if (lower.length >= tellingWords) return lower;
      if (word !== BOUNDARY) lower.push(word.toLowerCase());
    }
  }
  return lower;
}

function analyzeSentence(text: string, words: readonly string[], language: Language): AnalyzedSentence {
  let known = topicStems.get(language);
  if (known === undefined) topicStems.set(language, known = new Map());
  const stems: string[] = [];
  if (words.length < 12 && isFormula(words)) {
    return {
      text,
      length: countWords(text),
      words,
      stems: words.map(() => BOUNDARY),
    };
  }
  for (const word of words) stems.push(word === BOUNDARY ? BOUNDARY : topicStem(word, language, known));
  return { text, length: countWords(text), words, stems };
}

/**
 * Analyses one message. Its language is identified by its own words, and is `fallback` (usually that of the channel)
 * where they are too few. Never throws; takes time linear in the text's length, of which it reads 20,000 characters.
 */
export function analyzeMessage({ user, text }: Message, fallback: Language = "en"): AnalyzedMessage {
  const read = text.length > analyzedCharacters ? text.slice(0, analyzedCharacters) : text;
  if (isAutomatic(read, user)) return { user, text, language: fallback, kind: "automatic", sentences: [] };
  const prose = ownProse(read);
  let sentences = splitSentences(prose);
  let words = sentences.map(tokenize);
  const spoken = lowerCaseWords(words);
  const language = identifyLanguage(spoken, fallback);
  const kind = kindOf(read, prose, spoken.some((word) => !isFiller(word)));
  if (kind !== "prose") return { user, text, language, kind, sentences: [] };
  if (language === "de" && sentences.length > 1) {
    sentences = joinOrdinals(sentences);
    if (sentences.length !== words.length) words = sentences.map(tokenize);
  }
  const analyzed = sentences.map((sentence, index) => analyzeSentence(sentence, words[index]!, language));
  return { user, text, language, kind, sentences: analyzed };
}

/** The language that most of the messages (the first 200 are looked at) are in; "en" where none tells. */
export function usualLanguage(messages: readonly Message[]): Language {
  const votes = new Map<Language, number>();
  for (const { text } of messages.slice(0, 200)) {
    const language = identifyLanguage(lowerCaseWords([tokenize(text.slice(0, 500))]));
    if (language !== "und") votes.set(language, (votes.get(language) ?? 0) + 1);
  }
  let best: Language = "en";
  for (const [language, count] of votes) {
    if (count > (votes.get(best) ?? 0)) best = language;
  }
  return best;
}

/** Analyses the messages of a conversation, each with the conversation's usual language to fall back on. */
export function analyzeMessages(messages: readonly Message[]): AnalyzedMessage[] {
  const language = usualLanguage(messages);
  return messages.map((message) => analyzeMessage(message, language));
}
