/**
 * Choosing passages that together cover what a conversation is about: greedy maximisation of a monotone submodular
 * coverage function under a budget (Lin and Bilmes 2011; concepts as in Gillick and Favre 2009). A concept is a stem; it
 * weighs the logarithm of the number of messages it occurs in, and nearly nothing once it is covered.
 */
import { type Concepts, type ConceptWeights, weighConcepts } from "./concepts.ts";
import type { Passage } from "./passages.ts";

/** Constants, the same for every kind of conversation; found on the development sets (docs/text-analysis.md). */
export const coverage = {
  /** What a concept counts again after each time that it was covered. */
  repeat: 0.05,
  /** A passage of whose concepts this share is covered says the same again, and counts only so much. */
  redundantShare: 0.7,
  redundant: 0.05,
  /** A passage that shares this much with a single chosen one is never chosen, also where there is room. */
  sameShare: 1,
  single: 0.1,
  weak: 1,
  burst: 0,
  /** Worth is divided by length to this power, so that a budget of words is well spent. */
  lengthPower: 0.8,
  /** Below this many words a passage is seldom understood alone, beyond that many it is seldom read. */
  fewWords: 6,
  manyWords: 16,
  short: 0.5,
  longPower: 0.3,
  /** Conversations open with what they are about, and close with what came of it; so do messages. */
  opening: 1,
  openingShare: 0.05,
  closing: 0.4,
  closingShare: 0.2,
  firstSentences: 0.4,
  firstSentencesSpan: 3,
  /** Who has not been heard yet is heard sooner; a message already chosen from, later. */
  newSpeaker: 0.15,
  sameMessage: 0.9,
  sameGroup: 0.8,
  /** How much sooner a chosen question's answer is taken, and a chosen answer's question. */
  exchange: 0.1,
  /** How many messages after a question its answer may come. */
  exchangeSpan: 3,
};

/** How much may be chosen: passages, words, or both. */
export interface Budget {
  readonly passages?: number;
  readonly words?: number;
  /** What choosing a passage costs in words; its length unless told otherwise. */
  readonly cost?: (passage: Passage, chosen: readonly Passage[]) => number;
}

interface Candidate<Chosen extends Passage> {
  readonly passage: Chosen;
  readonly concepts: readonly number[];
  /** Its place among all passages. */
  readonly order: number;
  /** The most that it can add, boosts aside; as more is chosen that can only shrink (Minoux 1978). */
  bound: number;
  /** What that was while nothing was chosen. */
  readonly firstBound: number;
  /** Its own factors are looked at only once its bound is high enough: how many were, and their product. */
  seen: number;
  product: number;
  /** Place and length. */
  readonly factor: number;
  isChosen: boolean;
}

/** Its place among `count` messages, as a factor: more near the beginning and near the end. */
function placeFactor({ message, sentence }: Passage, count: number, firstSentences: number): number {
  const place = count < 2 ? 0 : message / (count - 1);
  const opening = coverage.opening * Math.max(0, 1 - place / coverage.openingShare);
  const closing = coverage.closing * Math.max(0, 1 - (1 - place) / coverage.closingShare);
  const first = firstSentences * Math.max(0, 1 - sentence / coverage.firstSentencesSpan);
  return (1 + opening + closing) * (1 + first);
}

/** How the length and the place of a passage count, who says it, and each of its concepts. */
export interface PassageWeights extends ConceptWeights {
  readonly lengthPower: number;
  readonly fewWords: number;
  readonly manyWords: number;
  readonly short: number;
  readonly longPower: number;
  readonly firstSentences: number;
  readonly newSpeaker: number;
  readonly exchange: number;
}

function lengthFactor(length: number, weigh: PassageWeights): number {
  const words = Math.max(1, length);
  let factor = words ** -weigh.lengthPower;
  if (words < weigh.fewWords) factor *= weigh.short;
  if (words > weigh.manyWords) factor *= (weigh.manyWords / words) ** weigh.longPower;
  return factor;
}

/** All passages as candidates, those that may add the most first, so that few others are looked at closely. */
function candidatesOf<Chosen extends Passage>(
  passages: readonly Chosen[],
  { of, weights }: Concepts,
  messageCount: number,
  weigh: PassageWeights,
): Candidate<Chosen>[] {
  const lengthFactors: number[] = [];
  const candidates = passages.map((passage, order): Candidate<Chosen> => {
    const ofLength = lengthFactors[passage.length] ??= lengthFactor(passage.length, weigh);
    const factor = placeFactor(passage, messageCount, weigh.firstSentences) * ofLength;
    const concepts = of[order]!;
    let worth = 0;
    for (const concept of concepts) worth += weights[concept]!;
    const bound = factor * worth;
    return {
      passage,
      concepts,
      order,
      factor,
      bound,
      firstBound: bound,
      seen: 0,
      product: 1,
      isChosen: false,
    };
  });
  return candidates.sort((one, other) => other.firstBound - one.firstBound);
}

/**
 * Whether one passage answers the other: a question, and what somebody else says next, or soon after about the same
 * (adjacency pairs, Schegloff and Sacks 1973; in mail Shrestha and McKeown 2004).
 */
function isExchange(one: Passage, other: Passage): boolean {
  const [question, answer] = one.message < other.message ? [one, other] : [other, one];
  const distance = answer.message - question.message;
  if (distance < 1 || distance > coverage.exchangeSpan) return false;
  if (!question.isQuestion || answer.isQuestion || question.user === answer.user) return false;
  return distance === 1 || answer.stems.some((stem) => question.stems.includes(stem));
}

/** State of one greedy run. */
class Cover<Chosen extends Passage> {
  readonly chosen: Chosen[] = [];
  readonly #worth: Float64Array;
  readonly #covered: Uint8Array;
  readonly #speakers = new Set<string>();
  readonly #perMessage = new Map<number, number>();
  readonly #perGroup = new Map<number, number>();

  readonly #weigh: PassageWeights;
  /** By how much who speaks, and an exchange, may multiply a gain. */
  readonly largestBoost: number;

  constructor(weights: Float64Array, weigh: PassageWeights) {
    this.#weigh = weigh;
    this.largestBoost = (1 + weigh.newSpeaker) * (1 + weigh.exchange);
    this.#worth = weights.slice();
    this.#covered = new Uint8Array(weights.length);
  }

  /** What the candidate adds to what is chosen; 0 if, by its bound, that is less than `most`. */
  gain(candidate: Candidate<Chosen>, most: number): number {
    const { passage, concepts, factor } = candidate;
    let gain = 0;
    let covered = 0;
    for (const concept of concepts) {
      gain += this.#worth[concept]!;
      covered += this.#covered[concept]!;
    }
    if (covered > coverage.redundantShare * concepts.length) {
      gain *= coverage.redundant;
      if (covered >= coverage.sameShare * concepts.length && this.#isSaid(passage)) {
        gain = 0;
      }
    }
    gain *= factor * coverage.sameMessage ** (this.#perMessage.get(passage.message) ?? 0);
    if (passage.group !== undefined) gain *= coverage.sameGroup ** (this.#perGroup.get(passage.group) ?? 0);
    candidate.bound = gain * candidate.product;
    while (candidate.seen < passage.factors && candidate.bound * this.largestBoost >= most) {
      candidate.product *= passage.factor(candidate.seen++);
      candidate.bound = gain * candidate.product;
    }
    if (candidate.bound * this.largestBoost < most) return 0;
    gain = candidate.bound;
    if (!this.#speakers.has(passage.user)) gain *= 1 + this.#weigh.newSpeaker;
    if (this.#weigh.exchange > 0 && this.chosen.some((other) => isExchange(passage, other))) {
      gain *= 1 + this.#weigh.exchange;
    }
    return gain;
  }

  /** Whether one chosen passage says it already; one or two concepts tell too little. */
  #isSaid({ stems }: Passage): boolean {
    return stems.length > 2 &&
      this.chosen.some((other) =>
        stems.filter((stem) => other.stems.includes(stem)).length >= coverage.sameShare * stems.length
      );
  }

  add(candidate: Candidate<Chosen>): void {
    const { passage, concepts } = candidate;
    candidate.isChosen = true;
    this.chosen.push(passage);
    for (const concept of concepts) {
      this.#worth[concept]! *= coverage.repeat;
      this.#covered[concept] = 1;
    }
    this.#speakers.add(passage.user);
    this.#perMessage.set(passage.message, (this.#perMessage.get(passage.message) ?? 0) + 1);
    if (passage.group !== undefined) {
      this.#perGroup.set(passage.group, (this.#perGroup.get(passage.group) ?? 0) + 1);
    }
  }
}

/**
 * Chooses passages greedily by what each adds per length, until the budget is spent or nothing fits or adds anything.
 * `messageCount` is the length of the conversation. Returns them best first; equal ones in order of writing.
 */
export function choosePassages<Chosen extends Passage>(
  passages: readonly Chosen[],
  messageCount: number,
  budget: Budget,
  weigh: PassageWeights = coverage,
): Chosen[] {
  const concepts = weighConcepts(passages, weigh);
  const cost = budget.cost ?? (({ length }) => length);
  const cover = new Cover<Chosen>(concepts.weights, weigh);
  const candidates = candidatesOf(passages, concepts, messageCount, weigh);
  let words = budget.words ?? Infinity;
  while (cover.chosen.length < (budget.passages ?? Infinity)) {
    let best: Candidate<Chosen> | undefined;
    let most = 0;
    for (const candidate of candidates) {
      // All that follow can add even less.
      if (candidate.firstBound * cover.largestBoost < most) break;
      if (candidate.isChosen || candidate.passage.length > words) continue;
      if (candidate.bound * cover.largestBoost < most) continue;
      const gain = cover.gain(candidate, most);
      if (gain < most || gain === 0 || gain === most && candidate.order > best!.order) continue;
      if (cost(candidate.passage, cover.chosen) <= words) [best, most] = [candidate, gain];
    }
    if (best === undefined) break;
    words -= cost(best.passage, cover.chosen);
    cover.add(best);
  }
  return cover.chosen;
}
