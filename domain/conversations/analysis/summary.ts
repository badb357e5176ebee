/** What people read of a conversation: a summary, representative messages, sentences in order of weight. */
import { withoutAutomatic } from "./automatic.ts";
import { choosePassages } from "./coverage.ts";
import type { AnalyzedMessage } from "./message.ts";
import { messagePassages, type Passage, sentencePassages } from "./passages.ts";
import { countWords, firstWords } from "../../text/words.ts";

/** Where a sentence stands: index of its message, and of the sentence in `sentences` of that message. */
export interface SentencePosition {
  readonly message: number;
  readonly sentence: number;
}

/** One turn of a summary: what somebody said, and in which message. */
export interface SummaryTurn {
  readonly message: number;
  readonly user: string;
  readonly text: string;
}

/** A summary as text, and the turns that it consists of, in the order they were written. */
export interface Summary {
  readonly text: string;
  readonly turns: readonly SummaryTurn[];
}

const inOrder = (one: Passage, other: Passage): number =>
  one.message - other.message || one.sentence - other.sentence;

/** A passage as it stands in a summary: with a full stop, and its speaker's name unless that has just been said. */
function spoken({ user, text }: Passage, before: Passage | undefined): string {
  const sentence = /[\p{L}\p{N}]$/u.test(text) && !/\p{Lo}$/u.test(text) ? `${text}.` : text;
  return user === "" || before?.user === user ? sentence : `${user}: ${sentence}`;
}

/** A sentence costs its words; the speaker's name counts unless a sentence of that message is chosen already. */
function costInSummary(passage: Passage, chosen: readonly Passage[]): number {
  const named = passage.user === "" || chosen.some(({ message }) => message === passage.message);
  return passage.length + (named ? 0 : countWords(passage.user));
}

/**
 * A summary of at most `words` words (100 unless told otherwise) from sentences of the conversation, in the order they
 * were written, each speaker named: "Ann: The release is out. Bob: Which one?". Where no sentence is short enough, the
 * beginning of the best one. Empty text where nothing was said. Words are counted as `countWords` does.
 */
export function summarize(messages: readonly AnalyzedMessage[], { words = 100 } = {}): Summary {
  const passages = sentencePassages(withoutAutomatic(messages));
  let chosen = choosePassages(passages, messages.length, { words, cost: costInSummary });
  if (chosen.length === 0) {
    chosen = choosePassages(passages, messages.length, { passages: 1 }).map((passage) => ({
      ...passage,
      text: firstWords(passage.text, words - countWords(passage.user)),
    })).filter(({ text }) => text !== "");
  }
  chosen = chosen.toSorted(inOrder);
  return {
    text: chosen.map((passage, index) => spoken(passage, chosen[index - 1])).join(" "),
    turns: chosen.map(({ message, user, text }) => ({ message, user, text })),
  };
}

/**
 * Indexes, ascending, of at most `limit` messages (5 unless told otherwise) that together cover what the conversation was
 * about and do not repeat each other. Fewer where fewer say anything.
 */
export function representativeMessages(messages: readonly AnalyzedMessage[], { limit = 5 } = {}): number[] {
  const passages = messagePassages(withoutAutomatic(messages));
  return choosePassages(passages, messages.length, { passages: limit }).map(({ message }) => message).sort((
    a,
    b,
  ) => a - b);
}

/** The sentences that represent the conversation best, best first, at most `limit` (10 unless told otherwise). */
export function rankSentences(messages: readonly AnalyzedMessage[], { limit = 10 } = {}): SentencePosition[] {
  const passages = sentencePassages(withoutAutomatic(messages));
  return choosePassages(passages, messages.length, { passages: limit })
    .map(({ message, sentence }) => ({ message, sentence }));
}
