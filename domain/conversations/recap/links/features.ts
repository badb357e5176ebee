/**
 * What tells whether one message answers another: distance, time, who speaks and addresses whom, shared rare words (Elsner
 * and Charniak 2008; Kummerfeld et al. 2019). Every feature is a number of a bin that is on.
 */
import type { Line, Lines } from "./lines.ts";
import { at, pairFeatures } from "./table.ts";

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
const rareWords = 2;
const farthest = 400;

/** How many features a message has alone, and where it begins a conversation. */
const ownFeatures = 8;
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
  /** The last line with each word, and the one before; -1 for none. */
  readonly #lastWith: Int32Array;
  readonly #beforeWith: Int32Array;
  /** Whom the person addressed last, and who addressed them last; -1 for nobody. */
  readonly #addressed: Int32Array;
  readonly #addressedBy: Int32Array;
  readonly #own = new Int32Array(ownFeatures);
  /** For each line and each word the last line that had it among its candidates or words. */
  readonly #candidateOf: Int32Array;
  readonly #wordOf: Int32Array;
  /** How many people spoke between the line being read and each of the latest ones, by distance. */
  readonly #speakers = new Int32Array(latest + 1);
  #features = new Int32Array(64 * pairFeatures);

  constructor({ lines, users, rarity }: Lines) {
    this.#lines = lines;
    this.#rarity = rarity;
    this.#byUser = Array.from({ length: users }, () => []);
    this.#naming = Array.from({ length: users }, () => []);
    this.#addressed = new Int32Array(users).fill(-1);
    this.#addressedBy = new Int32Array(users).fill(-1);
    this.#candidateOf = new Int32Array(lines.length).fill(-1);
    this.#wordOf = new Int32Array(rarity.length).fill(-1);
    this.#lastWith = new Int32Array(rarity.length).fill(-1);
    this.#beforeWith = new Int32Array(rarity.length).fill(-1);
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
      this.#beforeWith[word] = this.#lastWith[word]!;
      this.#lastWith[word] = index;
    }
  }

  /** The features of a line, all earlier lines having been passed. */
  read(index: number): Candidates {
    const line = this.#lines[index]!;
    const candidates = this.#candidates(index, line);
    for (const word of line.words) this.#wordOf[word] = index;
    this.#countSpeakers(index);
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

  #candidates(index: number, { user, named, words }: Line): number[] {
    const found: number[] = [];
    for (let back = 1; back <= latest && index - back >= 0; back++) found.push(index - back);
    this.#addLast(index, this.#byUser[user], perPerson, found);
    this.#addLast(index, this.#naming[user], perPerson, found);
    for (let place = 0; place < named.length && place < 3; place++) {
      this.#addLast(index, this.#byUser[named[place]!], perPerson + 1, found);
    }
    for (const word of this.#rarest(words)) {
      this.#add(index, this.#lastWith[word]!, found);
      this.#add(index, this.#beforeWith[word]!, found);
    }
    return found;
  }

  /** Adds the last few of some lines to the candidates of a line, each once. */
  #addLast(index: number, lines: readonly number[] | undefined, count: number, found: number[]): void {
    if (lines === undefined) return;
    for (let back = lines.length - 1; back >= 0 && back >= lines.length - count; back--) {
      this.#add(index, lines[back]!, found);
    }
  }

  /** Adds a line to the candidates of another one, unless it is one already, too far, or -1. */
  #add(index: number, line: number, found: number[]): void {
    const distance = index - line;
    if (line < 0 || distance <= latest || distance > farthest || this.#candidateOf[line] === index) return;
    this.#candidateOf[line] = index;
    found.push(line);
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

  /** The words that the line being read shares with another one: the sum of their rarity, and the most. */
  #shared(index: number, { words }: Line): { sum: number; rarest: number } {
    let [sum, rarest] = [0, 0];
    for (let place = 0; place < words.length; place++) {
      if (this.#wordOf[words[place]!] !== index) continue;
      const rarity = this.#rarity[words[place]!]!;
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
    const { sum, rarest } = this.#shared(index, other);
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
    return Number(this.#named(they, me, since)) + 2 * Number(this.#named(me, they, since));
  }

  #named(speaker: number, person: number, since: number): boolean {
    const lines = this.#naming[person]!;
    for (let back = lines.length - 1; back >= 0 && lines[back]! > since; back--) {
      if (this.#lines[lines[back]!]!.user === speaker) return true;
    }
    return false;
  }

  #countSpeakers(index: number): void {
    let speakers = 0;
    for (let back = 1; back <= latest && index - back >= 0; back++) {
      this.#speakers[back] = speakers;
      const { user } = this.#lines[index - back]!;
      let later = back - 1;
      while (later > 0 && this.#lines[index - later]!.user !== user) later--;
      if (later === 0) speakers++;
    }
  }

  #speakersBetween(index: number, candidate: number): number {
    const distance = index - candidate;
    return distance > latest ? 4 : bin(this.#speakers[distance]!, speakerLimits);
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
