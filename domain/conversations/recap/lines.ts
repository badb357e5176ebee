/** Messages as the link score reads them: numbers for people and words, whom each addresses, what it shares with others. */
import { functionWords } from "../../text/stop_words.ts";
import type { ChannelMessage } from "./message.ts";

/** One message, prepared. */
export interface Line {
  readonly user: number;
  /** In minutes. */
  readonly time: number;
  /** The person whom the first word names; -1 for nobody. */
  readonly addressee: number;
  /** All persons whom its words name, the addressee included. */
  readonly named: readonly number[];
  /** Its words without function words and names, each once. */
  readonly words: readonly number[];
  readonly length: number;
  /** A number from 0 to 255 for its first word after a name. */
  readonly opening: number;
  readonly isQuestion: boolean;
  readonly isSystem: boolean;
}

/** The lines of a channel, and how rare each word is. */
export interface Lines {
  readonly lines: readonly Line[];
  readonly users: number;
  /** Word → logarithm of all lines / lines with it. */
  readonly rarity: Float64Array;
}

const openings = 256;
const wordPattern = /[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{N}]+)*/gu;
const spacePattern = /\s+/u;
const edges = /^[^\p{L}\p{N}_|\\[\]^`{}]+|[^\p{L}\p{N}_|\\[\]^`{}-]+$/gu;
const systemPattern = /^(?:===|---|\*\*\*)\s/u;
/** How many different words are remembered. */
const capacity = 50_000;
/** Longer words are no names. */
const longestName = 70;
const longestRead = 1000;
const common = new Set(functionWords("en"));

/** A number below `size` that depends on nothing but the text (FNV-1a). */
export function hashed(text: string, size: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % size;
}

/** The people of a channel by the names that others call them. */
class People {
  readonly #ids = new Map<string, number>();
  readonly #called = new Map<string, number>();
  readonly #written = new Map<string, number>();

  constructor(messages: readonly ChannelMessage[]) {
    for (const { user } of messages) {
      if (this.#ids.has(user)) continue;
      const id = this.#ids.size;
      this.#ids.set(user, id);
      const lower = user.toLowerCase();
      for (const name of [lower, lower.replace(/(?:[_`^|-]+|\|.*)$/u, ""), lower.split(spacePattern)[0]!]) {
        if (name.length > 1 && !this.#called.has(name)) this.#called.set(name, id);
      }
    }
  }

  get count(): number {
    return this.#ids.size;
  }

  idOf(user: string): number {
    return this.#ids.get(user)!;
  }

  /** Whom a word names as it is written, punctuation included, -1 for nobody; -2 - person where the name is short. */
  writtenAs(raw: string): number {
    if (raw.length > longestName) return -1;
    let person = this.#written.get(raw);
    if (person === undefined) {
      const word = raw.replace(edges, "").toLowerCase();
      person = this.called(word);
      if (
        person >= 0 && !raw.startsWith("@") && !raw.startsWith("<@") && (word.length < 3 || common.has(word))
      ) {
        person = word.length > 1 && !common.has(word) ? -2 - person : -1;
      }
      if (this.#written.size >= capacity) this.#written.clear();
      this.#written.set(raw, person);
    }
    return person;
  }

  /** Who is called so in lower case; -1 for nobody. */
  called(name: string): number {
    return this.#called.get(name) ?? -1;
  }
}

/** The people whom a text names, and the one whom it begins with, or -1. */
function namesIn(text: string, user: number, people: People): { addressee: number; named: number[] } {
  const named: number[] = [];
  let addressee = -1;
  for (const [index, raw] of text.split(spacePattern).entries()) {
    const found = people.writtenAs(raw);
    // A short name only counts where a message begins with it.
    const person = found < -1 && index === 0 ? -2 - found : found;
    if (person < 0 || person === user) continue;
    if (index === 0 || index === 1 && /^<?@/u.test(raw)) addressee = person;
    if (!named.includes(person)) named.push(person);
  }
  return { addressee, named };
}

/** Prepares the messages of a channel, in the order written. */
export function readLines(messages: readonly ChannelMessage[]): Lines {
  const people = new People(messages);
  const wordIds = new Map<string, number>();
  const linesWith: number[] = [];
  const lines = messages.map(({ user: name, text, time }): Line => {
    const user = people.idOf(name);
    const read = text.slice(0, longestRead);
    const { addressee, named } = namesIn(read, user, people);
    const all = read.toLowerCase().match(wordPattern) ?? [];
    const words: number[] = [];
    for (const word of new Set(all)) {
      if (word.length < 2 || common.has(word) || people.called(word) >= 0) continue;
      let id = wordIds.get(word);
      if (id === undefined) {
        id = wordIds.size;
        wordIds.set(word, id);
        linesWith.push(0);
      }
      linesWith[id]!++;
      words.push(id);
    }
    return {
      user,
      time: time / 60_000,
      addressee,
      named,
      words,
      length: all.length,
      opening: hashed(all.find((word) => people.called(word) < 0 || common.has(word)) ?? "", openings),
      isQuestion: /[?？؟]/u.test(read),
      isSystem: systemPattern.test(read),
    };
  });
  const rarity = Float64Array.from(linesWith, (count) => Math.log((lines.length + 1) / count));
  return { lines, users: people.count, rarity };
}
