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
const lengthLimits = [2, 6, 14];
const sharedLimits = [0, 3, 6, 10, 16];
const rarestLimits = [0, 3, 5, 7];

/** Candidates: the latest lines, and further ones by the same people or with the same rare words. */
const latest = 14;
const perPerson = 3;
const perWord = 2;
const rareWords = 3;
const farthest = 400;

/** A message's features, and those of each message that it may answer; -1 stands for none (it begins a conversation). */
export interface Candidates {
  readonly own: readonly number[];
  readonly candidates: readonly number[];
  readonly features: readonly (readonly number[])[];
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
    const features: number[][] = [];
    let most = 0;
    for (const candidate of candidates) {
      const { sum, rarest } = this.#shared(line, this.#lines[candidate]!);
      if (sum > most) most = sum;
      features.push(this.#pair(index, candidate, sum, rarest));
    }
    const silence = index === 0 ? 7 : bin(line.time - this.#lines[index - 1]!.time, gapLimits);
    candidates.push(-1);
    features.push([at.self, at.silence + silence, at.sharedMost + bin(most, sharedLimits)]);
    return { own: this.#own(index, line), candidates, features };
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
    const rare = line.words.toSorted((a, b) => this.#rarity[b]! - this.#rarity[a]!);
    for (const word of rare.slice(0, rareWords)) addLast(this.#byWord.get(word), perWord);
    return [...found];
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

  #own(index: number, line: Line): number[] {
    const own = this.#byUser[line.user]!.at(-1);
    const called = this.#naming[line.user]!;
    return [
      at.ownLength + bin(line.length, lengthLimits),
      at.ownAddress + (line.addressee >= 0 ? 2 : line.named.length > 0 ? 1 : 0),
      at.ownQuestion + Number(line.isQuestion),
      at.ownSystem + Number(line.isSystem),
      at.ownBefore + (own === undefined ? 5 : bin(index - own, [1, 4, 15, 60])),
      at.ownGap + (own === undefined ? 5 : bin(line.time - this.#lines[own]!.time, ownGapLimits)),
      at.ownCalled + Math.min(2, countSince(called, own ?? -1)),
      at.opening + line.opening,
    ];
  }

  #pair(index: number, candidate: number, sum: number, rarest: number): number[] {
    const line = this.#lines[index]!;
    const other = this.#lines[candidate]!;
    const same = line.user === other.user;
    const toThem = line.addressee < 0 ? 0 : line.addressee === other.user ? 1 : 2;
    const toMe = other.addressee < 0 ? 0 : other.addressee === line.user ? 1 : 2;
    const before = this.#lines[candidate - 1];
    const after = candidate + 1 < index ? this.#lines[candidate + 1] : undefined;
    const distance = index - candidate;
    return [
      at.relation + 9 * Number(same) + 3 * toThem + toMe,
      at.mentions + 2 * Number(line.named.includes(other.user)) + Number(other.named.includes(line.user)),
      at.distance + bin(distance, distanceLimits),
      at.gap + bin(line.time - other.time, gapLimits),
      at.back + Math.min(3, countSince(this.#byUser[other.user]!, candidate)),
      at.spokenSince + Math.min(3, countSince(this.#byUser[line.user]!, candidate)),
      at.calledSince + Math.min(2, countSince(this.#naming[line.user]!, candidate)),
      at.exchangedSince + this.#exchanged(line.user, other.user, candidate),
      at.othersCalled + Math.min(2, countSince(this.#naming[other.user]!, candidate)),
      at.partners + 3 * partner(this.#addressed[line.user]!, other.user) +
      partner(this.#addressedBy[line.user]!, other.user),
      at.theirPartner + partner(this.#addressed[other.user]!, line.user),
      at.shared + bin(sum, sharedLimits),
      at.rarest + bin(rarest, rarestLimits),
      at.questions + 2 * Number(line.isQuestion) + Number(other.isQuestion),
      at.length + bin(other.length, lengthLimits),
      at.run + 2 * Number(before?.user === other.user) + Number(after?.user === other.user),
      at.system + Number(other.isSystem),
      at.speakersBetween + this.#speakersBetween(index, candidate),
      at.theirOpening + other.opening % 64,
    ];
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
    const speakers = new Set<number>();
    for (let between = candidate + 1; between < index; between++) {
      speakers.add(this.#lines[between]!.user);
    }
    return bin(speakers.size, [0, 1, 2, 4]);
  }
}

/** How many of the ascending numbers are greater, counted up to 3. */
function countSince(numbers: readonly number[], since: number): number {
  let count = 0;
  for (let back = numbers.length - 1; count < 3 && back >= 0 && numbers[back]! > since; back--) count++;
  return count;
}

/** 0 nobody, 1 that one, 2 somebody else. */
function partner(person: number, other: number): number {
  return person < 0 ? 0 : person === other ? 1 : 2;
}
