/** Keyphrases of a document or a conversation, and what a day talks about more than usual. */
import { isDay } from "../../text/stop_words.ts";
import { withoutAutomatic } from "./automatic.ts";
import type { AnalyzedMessage } from "./message.ts";
import { type PhraseFrequencies, phraseFrequencies } from "./frequencies.ts";
import { collectPhrases, containsPhrase, type Phrase } from "./phrases.ts";

/** Constants, the same for every kind of text; found on the development sets (docs/text-analysis.md). */
export const phraseWeights = {
  occurrencesPower: 0.8,
  rarityPower: 0.3,
  lengthPower: 0.2,
  /** A phrase that occurs so often is a fixed expression. */
  fixedExpression: 3,
  /** A phrase of several words that occurs once. */
  singleOccurrence: 0.3,
  /** What the beginning of a text names weighs more, half of it gone after so many words. */
  opening: 0.6,
  openingSpan: 80,
  firstSentence: 0.25,
  /** Phrases of weak words: alone, all of them, some of them; alone among hot topics. */
  weakAlone: 0.5,
  weakAll: 0.7,
  weakSome: 0.8,
  weakHot: 0.7,
  /** A part of a phrase already chosen is left out if so much of its occurrences are that phrase; hot topics less. */
  partOf: 0.8,
  hotPartOf: 0.6,
  /** A longer phrase around one already chosen is left out if it has less than this share of its occurrences. */
  around: 0.3,
  /** A topic of one person who keeps to it is less hot than one of many. */
  peoplePower: 0.5,
  /** A hot topic occurs in this many messages or more. */
  fewestMessages: 2,
  /** Messages added to the usual ones, so that a word never seen before is not infinitely unusual. */
  smoothing: 4,
};

interface Scored {
  readonly phrase: Phrase;
  readonly score: number;
  /** What decides whether a part of it is worth its own place. */
  readonly weight: number;
}

function weakness({ stems, weakStems }: Phrase, alone: number): number {
  if (weakStems === 0) return 1;
  if (stems.length === 1) return alone;
  return weakStems === stems.length ? phraseWeights.weakAll : phraseWeights.weakSome;
}

/** Of a phrase and its parts with equal scores, the whole is better if it occurs often enough to be a name. */
function wholeness({ stems, occurrences }: Phrase): number {
  return occurrences < phraseWeights.fixedExpression ? 1 : stems.length;
}

/** The best phrases of which none is a mere part, or a rare extension, of a better one. */
function pickPhrases(scored: readonly Scored[], limit: number, partOf: number, around: number): string[] {
  const best = scored.toSorted((a, b) =>
    b.score - a.score || wholeness(b.phrase) - wholeness(a.phrase) ||
    a.phrase.wordsBefore - b.phrase.wordsBefore
  );
  const picked: Scored[] = [];
  for (const candidate of best) {
    if (picked.length >= limit) break;
    const redundant = picked.some((other) =>
      (containsPhrase(other.phrase.key, candidate.phrase.key) && other.weight >= partOf * candidate.weight) ||
      (containsPhrase(candidate.phrase.key, other.phrase.key) && candidate.weight < around * other.weight)
    );
    if (!redundant) picked.push(candidate);
  }
  return picked.map(({ phrase }) => phrase.surface);
}

function keyphraseScore(phrase: Phrase, background?: PhraseFrequencies): number {
  const { stems, occurrences, wordsBefore, inFirstSentence } = phrase;
  const longest = stems.reduce((most, stem) => Math.max(most, stem.length), 1);
  let score = occurrences ** phraseWeights.occurrencesPower * longest ** phraseWeights.lengthPower;
  if (background !== undefined) {
    const usual = (background.counts.get(phrase.key) ?? 0) + 0.5;
    score *= Math.log(Math.max(Math.E, (background.messages + 1) / usual)) ** phraseWeights.rarityPower;
  }
  if (stems.length > 1 && occurrences === 1) score *= phraseWeights.singleOccurrence;
  score *= 1 + phraseWeights.opening / (1 + wordsBefore / phraseWeights.openingSpan);
  if (inFirstSentence) score *= 1 + phraseWeights.firstSentence;
  return score * weakness(phrase, phraseWeights.weakAlone);
}

/** Options of `keyphrases`. */
export interface KeyphraseOptions {
  /** How many at most; 10 unless told otherwise. */
  readonly limit?: number;
  /** Other documents of the same collection, whose common phrases count less. */
  readonly background?: PhraseFrequencies;
}

/**
 * Keyphrases of a document (one message) or topics of a conversation, best first: phrases that occur often, early and, as
 * far as a background is given, seldom elsewhere (TF-IDF of stemmed n-grams, Spärck Jones 1972; position as in KEA, Witten
 * et al. 1999).
 */
export function keyphrases(
  messages: readonly AnalyzedMessage[],
  { limit = 10, background }: KeyphraseOptions = {},
): string[] {
  const phrases = [...collectPhrases(withoutAutomatic(messages)).values()];
  const scored = phrases.map((phrase) => ({
    phrase,
    score: keyphraseScore(phrase, background),
    weight: phrase.occurrences,
  }));
  return pickPhrases(scored, limit, phraseWeights.partOf, phraseWeights.around);
}

/** How much hotter each phrase of the day is than usual, weakness aside. */
function heat(day: PhraseFrequencies, usual: PhraseFrequencies): Map<string, number> {
  const heats = new Map<string, number>();
  const { smoothing } = phraseWeights;
  for (const [key, messages] of day.counts) {
    const before = ((usual.counts.get(key) ?? 0) + smoothing) / (usual.messages + 2 * smoothing);
    heats.set(key, messages * Math.log(1 + messages / day.messages / before));
  }
  return heats;
}

/** The keys with the greatest values, at most `count`. */
function greatest(values: ReadonlyMap<string, number>, count: number): Set<string> {
  const threshold = Float64Array.from(values.values()).sort().at(-count) ?? -Infinity;
  return new Set([...values].filter(([, value]) => value >= threshold).map(([key]) => key));
}

/**
 * In how many of a day's messages each phrase occurs, as `hotTopics` counts them: of two messages or more, without
 * those that programs wrote.
 */
export function dayFrequencies(messages: readonly AnalyzedMessage[]): PhraseFrequencies {
  return phraseFrequencies(withoutAutomatic(messages), { atLeast: phraseWeights.fewestMessages });
}

/** Options of `hotTopics`. */
export interface HotTopicsOptions {
  /** How many at most; 10 unless told otherwise. */
  readonly limit?: number;
  /** The day's own frequencies (`dayFrequencies`), where they are counted already. */
  readonly day?: PhraseFrequencies;
}

/**
 * What the day's messages talk about more than usual, hottest first, at most `limit` (10) keyphrases: the number of
 * messages with the phrase times log(1 + its rate today / its usual rate), so a burst rather than mere frequency (the
 * log-likelihood ratio of Dunning 1993 without its second term). `usual` are the frequencies of the past, such as
 * `addFrequencies` of the days before; phrases that the day does not have may be missing from them. Without any past,
 * frequency alone decides. Names of the day's users are no topics.
 */
export function hotTopics(
  messages: readonly AnalyzedMessage[],
  usual: PhraseFrequencies,
  { limit = 10, day = dayFrequencies(messages) }: HotTopicsOptions = {},
): string[] {
  const users = new Set(messages.map(({ user }) => user.toLowerCase()));
  const heats = heat(day, usual);
  const scored: Scored[] = [];
  for (const phrase of collectPhrases(withoutAutomatic(messages), greatest(heats, 20 * limit)).values()) {
    const name = phrase.surface.toLowerCase();
    if (users.has(name) || isDay(name)) continue;
    const spread = (phrase.people.size / phrase.messages) ** phraseWeights.peoplePower;
    const score = heats.get(phrase.key)! * weakness(phrase, phraseWeights.weakHot) * spread;
    scored.push({ phrase, score, weight: phrase.messages });
  }
  return pickPhrases(scored, limit, phraseWeights.hotPartOf, 0);
}
