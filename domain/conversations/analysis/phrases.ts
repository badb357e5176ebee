/** Phrases: runs of up to four topic words within a sentence, counted by their stems. */
import type { AnalyzedMessage, AnalyzedSentence } from "./message.ts";
import { isAdverb, isWeak } from "../../text/weak_words.ts";
import { BOUNDARY } from "../../text/words.ts";

/** A run of topic words in some messages. */
export interface Phrase {
  /** Its stems, joined by spaces: what makes two phrases the same. */
  readonly key: string;
  readonly stems: readonly string[];
  /** How many of `stems` seldom name a topic by themselves. */
  readonly weakStems: number;
  /** As written most often. */
  surface: string;
  /** How often it occurs, and in how many messages. */
  occurrences: number;
  messages: number;
  /** Who uses it; only known of phrases that were asked for by their keys. */
  readonly people: Set<string>;
  /** How many words stand before it first occurs, and whether that is in the first sentence. */
  readonly wordsBefore: number;
  readonly inFirstSentence: boolean;
  /** Votes for `surface`, and the last message counted. */
  votes: number;
  lastMessage: number;
}

/** A phrase has at most so many words. */
export const longestPhrase = 4;

/** Whether a phrase may not contain this word: a stop word, a boundary or an adverb. */
export function breaks(sentence: AnalyzedSentence, index: number): boolean {
  return sentence.stems[index] === BOUNDARY || isAdverb(sentence.words[index]!);
}

/** Calls `visit` with the key and the range of words of every phrase of a sentence, while `mayGoOn` is true of the key. */
function eachPhrase(
  sentence: AnalyzedSentence,
  mayGoOn: (key: string) => boolean,
  visit: (key: string, start: number, end: number) => void,
): void {
  const { stems } = sentence;
  for (let start = 0; start < stems.length; start++) {
    let key = "";
    const limit = Math.min(stems.length, start + longestPhrase);
    for (let end = start; end < limit; end++) {
      key = key === "" ? stems[end]! : `${key} ${stems[end]!}`;
      if (!mayGoOn(key) || breaks(sentence, end)) break;
      visit(key, start, end + 1);
    }
  }
}

/** The keys, and with what they begin. */
function withBeginnings(keys: ReadonlySet<string>): Set<string> {
  const all = new Set(keys);
  for (const key of keys) {
    for (let end = key.indexOf(" "); end >= 0; end = key.indexOf(" ", end + 1)) all.add(key.slice(0, end));
  }
  return all;
}

/** The words of a phrase as a person would write them: no capital only because a sentence begins there. */
function surfaceOf({ words }: AnalyzedSentence, start: number, end: number, language: string): string {
  const surface = words.slice(start, end).join(" ");
  const onlyInitial = start === 0 && language !== "de" && /^\p{Lu}\p{Ll}*(?!\p{Lu})/u.test(words[0]!);
  return onlyInitial ? surface[0]!.toLowerCase() + surface.slice(1) : surface;
}

/** The majority vote of Boyer and Moore (1981): the surface of more than half of the occurrences wins. */
function vote(phrase: Phrase, surface: string): void {
  if (phrase.surface === surface) phrase.votes++;
  else if (phrase.votes > 0) phrase.votes--;
  else [phrase.surface, phrase.votes] = [surface, 1];
}

function newPhrase(key: string, stems: readonly string[], language: string, at: Place): Phrase {
  const weakStems = stems.filter((stem) => isWeak(stem, language)).length;
  return {
    key,
    stems,
    weakStems,
    ...at,
    surface: "",
    occurrences: 0,
    messages: 0,
    people: new Set(),
    votes: 0,
    lastMessage: -1,
  };
}

type Place = Pick<Phrase, "wordsBefore" | "inFirstSentence">;

/** All phrases of some messages by their keys, or only those whose keys are `wanted`. */
export function collectPhrases(
  messages: readonly AnalyzedMessage[],
  wanted?: ReadonlySet<string>,
): Map<string, Phrase> {
  const phrases = new Map<string, Phrase>();
  const beginnings = wanted && withBeginnings(wanted);
  const mayGoOn = (key: string) => beginnings?.has(key) ?? true;
  let wordsBefore = 0;
  let firstSentence: AnalyzedSentence | undefined;
  for (const [index, { user, sentences, language }] of messages.entries()) {
    for (const sentence of sentences) {
      firstSentence ??= sentence;
      eachPhrase(sentence, mayGoOn, (key, start, end) => {
        if (wanted !== undefined && !wanted.has(key)) return;
        let phrase = phrases.get(key);
        if (phrase === undefined) {
          const place = { wordsBefore: wordsBefore + start, inFirstSentence: sentence === firstSentence };
          phrase = newPhrase(key, sentence.stems.slice(start, end), language, place);
          phrases.set(key, phrase);
        }
        phrase.occurrences++;
        if (phrase.lastMessage !== index) {
          phrase.lastMessage = index;
          phrase.messages++;
          if (wanted !== undefined) phrase.people.add(user);
        }
        vote(phrase, surfaceOf(sentence, start, end, language));
      });
      wordsBefore += sentence.words.length;
    }
  }
  return phrases;
}

/** Whether the words of one key stand in the other in a row. */
export function containsPhrase(long: string, short: string): boolean {
  return ` ${long} `.includes(` ${short} `);
}
