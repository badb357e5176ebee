/**
 * In how many messages each phrase occurs, counted by length: one that occurs in enough messages begins with one that does
 * (Agrawal and Srikant 1994), so most long phrases are never looked at. Words and phrases are numbers while counting.
 */
import type { AnalyzedMessage } from "./message.ts";
import { breaks, longestPhrase } from "./phrases.ts";

/** In how many messages each phrase occurs; of any number of days, so that days can be counted once and added. */
export interface PhraseFrequencies {
  /** How many messages were counted, those without any phrase included. */
  readonly messages: number;
  /** Phrase key → number of messages with it. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Stands where no phrase may run across, and at the beginning of a phrase that is too rare. */
const NONE = -1;

/** The words of some messages one after the other, sentences apart. */
interface Words {
  readonly stems: readonly string[];
  /** For each word its place in `stems`, or `NONE`. */
  readonly stemOf: Int32Array;
  readonly messageOf: Int32Array;
}

function numberOf(stem: string, numbers: Map<string, number>): number {
  let number = numbers.get(stem);
  if (number === undefined) numbers.set(stem, number = numbers.size);
  return number;
}

function wordsOf(messages: readonly AnalyzedMessage[]): Words {
  const numbers = new Map<string, number>(), stemOf: number[] = [], messageOf: number[] = [];
  for (const [message, { sentences }] of messages.entries()) {
    for (const sentence of sentences) {
      for (let index = 0; index < sentence.stems.length; index++) {
        stemOf.push(breaks(sentence, index) ? NONE : numberOf(sentence.stems[index]!, numbers));
        messageOf.push(message);
      }
      stemOf.push(NONE);
      messageOf.push(message);
    }
  }
  return {
    stems: [...numbers.keys()],
    stemOf: Int32Array.from(stemOf),
    messageOf: Int32Array.from(messageOf),
  };
}

/** The phrases of one length, by number. */
interface Level {
  /** For each word the number of the phrase that begins there, or `NONE`. */
  readonly at: Int32Array;
  readonly count: number;
  readonly keyOf: (phrase: number) => string;
}

/** In how many messages each phrase of a level occurs. */
function countMessages({ at, count }: Level, messageOf: Int32Array): Int32Array {
  const counts = new Int32Array(count), last = new Int32Array(count).fill(NONE);
  for (let place = 0; place < at.length; place++) {
    const phrase = at[place]!, message = messageOf[place]!;
    if (phrase === NONE || last[phrase] === message) continue;
    last[phrase] = message;
    counts[phrase]!++;
  }
  return counts;
}

/** The phrases that are one word longer than those of a level. */
function longer(level: Level, length: number, { stems, stemOf }: Words): Level {
  const numbers = new Map<number, number>(), begins: number[] = [], lasts: number[] = [];
  const at = new Int32Array(stemOf.length).fill(NONE);
  for (let start = 0; start + length <= at.length; start++) {
    const begin = level.at[start]!, last = stemOf[start + length - 1]!;
    if (begin === NONE || last === NONE) continue;
    const pair = begin * stems.length + last;
    let phrase = numbers.get(pair);
    if (phrase === undefined) {
      phrase = begins.push(begin) - 1;
      lasts.push(last);
      numbers.set(pair, phrase);
    }
    at[start] = phrase;
  }
  const keyOf = (phrase: number) => `${level.keyOf(begins[phrase]!)} ${stems[lasts[phrase]!]!}`;
  return { at, count: begins.length, keyOf };
}

/** Notes the phrases of a level that occur in enough messages, and takes the others away from where they begin. */
function keepFrequent(
  { at, count, keyOf }: Level,
  counts: Int32Array,
  atLeast: number,
  found: Map<string, number>,
) {
  for (let phrase = 0; phrase < count; phrase++) {
    if (counts[phrase]! >= atLeast) found.set(keyOf(phrase), counts[phrase]!);
  }
  for (let place = 0; place < at.length; place++) {
    if (at[place] !== NONE && counts[at[place]!]! < atLeast) at[place] = NONE;
  }
}

/**
 * In how many of the messages each phrase occurs. With `atLeast` 2, phrases of a single message are left out, which
 * makes the counts of a busy day about eight times smaller and hardly changes what is hot.
 */
export function phraseFrequencies(
  messages: readonly AnalyzedMessage[],
  { atLeast = 1 } = {},
): PhraseFrequencies {
  const words = wordsOf(messages), found = new Map<string, number>();
  let level: Level = {
    at: words.stemOf.slice(),
    count: words.stems.length,
    keyOf: (stem) => words.stems[stem]!,
  };
  keepFrequent(level, countMessages(level, words.messageOf), atLeast, found);
  for (let length = 2; length <= longestPhrase; length++) {
    level = longer(level, length, words);
    keepFrequent(level, countMessages(level, words.messageOf), atLeast, found);
  }
  return { messages: messages.length, counts: found };
}

/** The frequencies of several days as those of one long period. */
export function addFrequencies(days: Iterable<PhraseFrequencies>): PhraseFrequencies {
  const counts = new Map<string, number>();
  let messages = 0;
  for (const day of days) {
    messages += day.messages;
    for (const [key, count] of day.counts) counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return { messages, counts };
}
