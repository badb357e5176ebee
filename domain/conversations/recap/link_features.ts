/**
 * What tells whether one message answers another: distance, time, who speaks and addresses whom, shared rare words (Elsner
 * and Charniak 2008; Kummerfeld et al. 2019). Every feature is a number of a bin that is on.
 */
import type { Line, Lines } from "./lines.ts";

/** Feature groups and how many bins each has. */
const groups = {
  // Of a message and an earlier one.
  relation: 18,
  mentions: 4,
  distance: 10,
  gap: 8,
  back: 4,
  spokenSince: 4,
  calledSince: 3,
  exchangedSince: 4,
  othersCalled: 3,
  partners: 9,
  theirPartner: 3,
  shared: 6,
  rarest: 5,
  questions: 4,
  length: 4,
  run: 4,
  system: 2,
  speakersBetween: 5,
  theirOpening: 64,
  // Of the message alone.
  self: 1,
  ownLength: 4,
  ownAddress: 3,
  ownQuestion: 2,
  ownSystem: 2,
  ownBefore: 6,
  ownGap: 6,
  ownCalled: 3,
  opening: 256,
  // Of a message that may begin a conversation.
  silence: 8,
  sharedMost: 6,
} as const;

type Group = keyof typeof groups;

const at = {} as Record<Group, number>;
let size = 0;
for (const [name, bins] of Object.entries(groups)) {
  at[name as Group] = size;
  size += bins;
}
/** How many features there are. */
export const featureCount = size;

/** The bin of a value: how many of the limits it exceeds. */
function bin(value: number, limits: readonly number[]): number {
  let index = 0;
  while (index < limits.length && value > limits[index]!) index++;
  return index;
}

const distanceLimits = [1, 2, 3, 4, 6, 9, 14, 24, 49];
const gapLimits = [0.01, 1, 2, 5, 10, 30, 120];
const ownGapLimits = [1, 3, 10, 30];
const speakerLimits = [0, 1, 2, 4];
const lengthLimits = [2, 6, 14];
const sharedLimits = [0, 3, 6, 10, 16];
const rarestLimits = [0, 3, 5, 7];

/** Candidates: the latest lines, and further ones by the same people or with the same rare words. */
const latest = 12;
const perPerson = 2;
const perWord = 2;
const rareWords = 2;
const farthest = 400;

/** How many features a message has alone, with a message that it may answer, and where it begins a conversation. */
const ownFeatures = 8;
export const pairFeatures = 19;
export const startFeatures = 3;

/**
 * A message's own features, and those of each message that it may answer, `pairFeatures` each, one after the other. The last
 * candidate is -1: none, it begins a conversation; it has `startFeatures`. Valid until the next line is read.
 */
export interface Candidates {
  readonly own: Int32Array;
  readonly candidates: readonly number[];
  readonly features: Int32Array;
}

/** Walks through lines once, and keeps what the features of the next one need. */
export class LinkReader {
  readonly #lines: readonly Line[];
  readonly #rarity: Float64Array;
  readonly #byUser: number[][];
  /** Lines that name the person. */
  readonly #naming: number[][];
  readonly #byWord = new Map<number, number[]>();
  /** Whom the person addressed last, and who addressed them last; -1 for nobody. */
  readonly #addressed: Int32Array;
  readonly #addressedBy: Int32Array;
  readonly #own = new Int32Array(ownFeatures);
  #features = new Int32Array(64 * pairFeatures);

  constructor({ lines, users, rarity }: Lines) {
    this.#lines = lines;
    this.#rarity = rarity;
    this.#byUser = Array.from({ length: users }, () => []);
    this.#naming = Array.from({ length: users }, () => []);
    this.#addressed = new Int32Array(users).fill(-1);
    this.#addressedBy = new Int32Array(users).fill(-1);
  }

  /** Puts a line behind: it may be answered from now on. Lines come in order. */
  pass(index: number): void {
    const line = this.#lines[index]!;
    this.#byUser[line.user]!.push(index);
    for (const person of line.named) this.#naming[person]!.push(index);
    if (line.addressee >= 0) {
      this.#addressed[line.user] = line.addressee;
      this.#addressedBy[line.addressee] = line.user;
    }
    for (const word of line.words) {
      const lines = this.#byWord.get(word);
      if (lines === undefined) this.#byWord.set(word, [index]);
      else lines.push(index);
    }
  }

  /** The features of a line, all earlier lines having been passed. */
  read(index: number): Candidates {
    const line = this.#lines[index]!;
    const candidates = this.#candidates(index, line);
    const length = candidates.length * pairFeatures;
    if (length + startFeatures > this.#features.length) this.#features = new Int32Array(2 * length);
    const features = this.#features;
    let most = 0;
    for (let place = 0; place < candidates.length; place++) {
      most = Math.max(most, this.#pair(index, candidates[place]!, place * pairFeatures));
    }
    const silence = index === 0 ? 7 : bin(line.time - this.#lines[index - 1]!.time, gapLimits);
    candidates.push(-1);
    features[length] = at.self;
    features[length + 1] = at.silence + silence;
    features[length + 2] = at.sharedMost + bin(most, sharedLimits);
    this.#readOwn(index, line);
    return { own: this.#own, candidates, features };
  }

  #candidates(index: number, line: Line): number[] {
    const first = Math.max(0, index - farthest);
    const found = new Set<number>();
    const addLast = (lines: readonly number[] | undefined, count: number) => {
      if (lines === undefined) return;
      for (let back = lines.length - 1; back >= 0 && back >= lines.length - count; back--) {
        if (lines[back]! >= first) found.add(lines[back]!);
      }
    };
    for (let back = 1; back <= latest && index - back >= 0; back++) found.add(index - back);
    addLast(this.#byUser[line.user], perPerson);
    addLast(this.#naming[line.user], perPerson);
    for (const person of line.named.slice(0, 3)) addLast(this.#byUser[person], perPerson + 1);
    for (const word of this.#rarest(line.words)) addLast(this.#byWord.get(word), perWord);
    return [...found];
  }

  /** The rarest of some words, the rarest first. */
  #rarest(words: readonly number[]): number[] {
    const rarest: number[] = [];
    for (const word of words) {
      const rarity = this.#rarity[word]!;
      let place = rarest.length;
      while (place > 0 && this.#rarity[rarest[place - 1]!]! < rarity) place--;
      if (place < rareWords) rarest.splice(place, 0, word);
      if (rarest.length > rareWords) rarest.pop();
    }
    return rarest;
  }

  #shared(line: Line, other: Line): { sum: number; rarest: number } {
    let [sum, rarest] = [0, 0];
    for (const word of line.words) {
      if (!other.words.includes(word)) continue;
      const rarity = this.#rarity[word]!;
      sum += rarity;
      if (rarity > rarest) rarest = rarity;
    }
    return { sum, rarest };
  }

  #readOwn(index: number, line: Line): void {
    const own = this.#byUser[line.user]!.at(-1);
    const called = this.#naming[line.user]!;
    const features = this.#own;
    features[0] = at.ownLength + bin(line.length, lengthLimits);
    features[1] = at.ownAddress + (line.addressee >= 0 ? 2 : line.named.length > 0 ? 1 : 0);
    features[2] = at.ownQuestion + Number(line.isQuestion);
    features[3] = at.ownSystem + Number(line.isSystem);
    features[4] = at.ownBefore + (own === undefined ? 5 : bin(index - own, [1, 4, 15, 60]));
    features[5] = at.ownGap + (own === undefined ? 5 : bin(line.time - this.#lines[own]!.time, ownGapLimits));
    features[6] = at.ownCalled + countSince(called, own ?? -1, 2);
    features[7] = at.opening + line.opening;
  }

  /** Writes the features of a line and a candidate, and returns how much they share. */
  #pair(index: number, candidate: number, start: number): number {
    const line = this.#lines[index]!;
    const other = this.#lines[candidate]!;
    const features = this.#features;
    const toThem = line.addressee < 0 ? 0 : line.addressee === other.user ? 1 : 2;
    const toMe = other.addressee < 0 ? 0 : other.addressee === line.user ? 1 : 2;
    const relation = 9 * Number(line.user === other.user) + 3 * toThem + toMe;
    const mentions = 2 * Number(line.named.includes(other.user)) + Number(other.named.includes(line.user));
    const { sum, rarest } = this.#shared(line, other);
    features[start] = at.relation + relation;
    features[start + 1] = at.mentions + mentions;
    features[start + 2] = at.distance + bin(index - candidate, distanceLimits);
    features[start + 3] = at.gap + bin(line.time - other.time, gapLimits);
    features[start + 4] = at.shared + bin(sum, sharedLimits);
    features[start + 5] = at.rarest + bin(rarest, rarestLimits);
    features[start + 6] = at.questions + 2 * Number(line.isQuestion) + Number(other.isQuestion);
    features[start + 7] = at.length + bin(other.length, lengthLimits);
    features[start + 8] = at.system + Number(other.isSystem);
    features[start + 9] = at.theirOpening + other.opening % 64;
    this.#between(index, candidate, start + 10);
    return sum;
  }

  /** Writes the features of what was said between a line and a candidate. */
  #between(index: number, candidate: number, start: number): void {
    const { user } = this.#lines[index]!;
    const they = this.#lines[candidate]!.user;
    const features = this.#features;
    const before = this.#lines[candidate - 1]?.user === they;
    const after = candidate + 1 < index && this.#lines[candidate + 1]!.user === they;
    const partners = 3 * partner(this.#addressed[user]!, they) + partner(this.#addressedBy[user]!, they);
    features[start] = at.back + countSince(this.#byUser[they]!, candidate, 3);
    features[start + 1] = at.spokenSince + countSince(this.#byUser[user]!, candidate, 3);
    features[start + 2] = at.calledSince + countSince(this.#naming[user]!, candidate, 2);
    features[start + 3] = at.exchangedSince + this.#exchanged(user, they, candidate);
    features[start + 4] = at.othersCalled + countSince(this.#naming[they]!, candidate, 2);
    features[start + 5] = at.partners + partners;
    features[start + 6] = at.theirPartner + partner(this.#addressed[they]!, user);
    features[start + 7] = at.run + 2 * Number(before) + Number(after);
    features[start + 8] = at.speakersBetween + this.#speakersBetween(index, candidate);
  }

  /** Whether one of two people named the other since a line: bit 0 they me, bit 1 I them. */
  #exchanged(me: number, they: number, since: number): number {
    const speaks = (speaker: number, named: number) => {
      const lines = this.#byUser[speaker]!;
      for (let back = lines.length - 1; back >= 0 && lines[back]! > since; back--) {
        if (this.#lines[lines[back]!]!.named.includes(named)) return 1;
      }
      return 0;
    };
    return speaks(they, me) + 2 * speaks(me, they);
  }

  #speakersBetween(index: number, candidate: number): number {
    if (index - candidate > 12) return 4;
    let speakers = 0;
    for (let between = candidate + 1; between < index; between++) {
      const { user } = this.#lines[between]!;
      let first = candidate + 1;
      while (this.#lines[first]!.user !== user) first++;
      if (first === between) speakers++;
    }
    return bin(speakers, speakerLimits);
  }
}

/** How many of the ascending numbers are greater, counted up to `most`. */
function countSince(numbers: readonly number[], since: number, most: number): number {
  let count = 0;
  for (let back = numbers.length - 1; count < most && back >= 0 && numbers[back]! > since; back--) count++;
  return count;
}

/** 0 nobody, 1 that one, 2 somebody else. */
function partner(person: number, other: number): number {
  return person < 0 ? 0 : person === other ? 1 : 2;
}
