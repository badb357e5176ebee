/** Analysis of one message: a plain value that depends on nothing but the message, so that it can be cached. */
import { guessLanguage, identifyLanguage, type Language } from "./language.ts";
import { isAutomatic, kindOf, type MessageKind, ownProse } from "./markup.ts";
import { splitSentences } from "./sentences.ts";
import { stem } from "./stems.ts";
import { isFiller, stopWords } from "./stop_words.ts";
import { BOUNDARY, countWords, isNumber, tokenize } from "./words.ts";

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

function lowerCaseWords(text: string): string[] {
  return tokenize(text.toLowerCase()).filter((word) => word !== BOUNDARY);
}

/** The stem of a word, or `BOUNDARY` if it is no topic: a stop word, one letter, or a number. */
function topicStem(word: string, language: Language, stops: ReadonlySet<string>): string {
  if (word.length < 2 || stops.has(word) || isNumber(word) || isFiller(word)) return BOUNDARY;
  return stem(word, language);
}

function analyzeSentence(text: string, language: Language): AnalyzedSentence {
  const stops = stopWords(language);
  const words = tokenize(text);
  const stems = words.map((word) => topicStem(word.toLowerCase(), language, stops));
  return { text, length: countWords(text), words, stems };
}

/**
 * Analyses one message. Its language is identified by its own words, and is `fallback` (usually that of the channel)
 * where they are too few. Never throws; takes time linear in the text's length, of which it reads 20,000 characters.
 */
export function analyzeMessage({ user, text }: Message, fallback: Language = "en"): AnalyzedMessage {
  const read = text.slice(0, analyzedCharacters);
  if (isAutomatic(read, user)) return { user, text, language: fallback, kind: "automatic", sentences: [] };
  const prose = ownProse(read);
  const words = lowerCaseWords(prose);
  const language = identifyLanguage(words, fallback);
  const kind = kindOf(read, prose, words.filter((word) => !isFiller(word)).length);
  if (kind !== "prose") return { user, text, language, kind, sentences: [] };
  const sentences = splitSentences(prose, language).map((sentence) => analyzeSentence(sentence, language));
  return { user, text, language, kind, sentences };
}

/** The language that most of the messages (the first 200 are looked at) are in; "en" where none tells. */
export function usualLanguage(messages: readonly Message[]): Language {
  const votes = new Map<Language, number>();
  for (const { text } of messages.slice(0, 200)) {
    const { language, lead } = guessLanguage(lowerCaseWords(text.slice(0, 500)));
    if (language !== "und") votes.set(language, (votes.get(language) ?? 0) + lead);
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
