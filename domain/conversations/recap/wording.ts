/** What the words of a statement tell of its worth. */
import { dueIn, type PointKind } from "./kinds.ts";

/** Constants, the same for every kind of channel (docs/text-analysis.md). */
export const salience = {
  kinds: {
    event: 0.3,
    question: 0.55,
    answer: 0.9,
    cause: 0.8,
    resolution: 0.8,
    decision: 1,
    action: 1.3,
  } as Record<PointKind, number>,
  specifics: 1.5,
  /** A question that nobody has answered. */
  open: 1.4,
  /** Who begins so speaks of something said before. */
  dangling: 0.8,
  /** What does not work, is not done or not wanted. */
  negated: 1.3,
  /** A day on which something is due. */
  dated: 1.4,
  /** How well it reads, to this power: what is short and full of names is no signature in a chat. */
  readability: 0.35,
};

/** Names of things: numbers, versions, paths, words in capitals other than "I". */
const specific = /\p{N}|[\p{L}\p{N}][_/.-][\p{L}\p{N}]|(?<=\S\s)(?!I(?!\p{L}))\p{Lu}/u;

const negated =
  /(?<!\p{L})(?:not|never|cannot|no longer|pas|jamais|nicht|nie|kein\p{L}*|nunca|no (?:se|es|está|puede|funciona))(?!\p{L})|n['’]t(?!\p{L})/iu;

const dangling =
  /^(?:and|but|or|so|then|it|it's|its|that|that's|this|they|he|she|those|these|yes|no|ok|well|et|mais|donc|c'est|ça|und|aber|das|es|dann|y|pero|eso)(?![\p{L}\p{N}])/iu;

/** The factor for what a statement names, denies and goes on with: at most 1. */
export function wording(text: string): number {
  let factor = 1;
  if (!specific.test(text)) factor /= salience.specifics;
  if (!negated.test(text)) factor /= salience.negated;
  return dangling.test(text) ? factor * salience.dangling : factor;
}

/** The factor for a day: at most 1. */
export function timing(text: string): number {
  return dueIn(text) === undefined ? 1 / salience.dated : 1;
}

const mostOfKinds = Math.max(...Object.values(salience.kinds));

/** The factor for what a statement is: at most 1, and that only for a question if it is open. */
export function urgency(kind: PointKind, isOpen: boolean): number {
  const weight = salience.kinds[kind] * (isOpen ? salience.open : 1);
  return Math.min(1, weight / mostOfKinds);
}
