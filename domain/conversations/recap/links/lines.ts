/**
 * Messages prepared for the link score. People and words are numbers; each message knows whom it addresses and which words
 * it shares with other messages.
 */
import { functionWords } from "../../../text/stop_words.ts";
import type { ChannelMessage } from "../message.ts";
import { Tokens } from "./tokens.ts";

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
/** How many different tokens are remembered. */
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
    const word = raw.replace(edges, "").toLowerCase();
    const person = this.called(word);
    const isSure = word.length > 2 && !common.has(word);
    if (person < 0 || isSure || raw.startsWith("@") || raw.startsWith("<@")) return person;
    return word.length > 1 && !common.has(word) ? -2 - person : -1;
  }

  /** Who is called so in lower case; -1 for nobody. */
  called(name: string): number {
    return this.#called.get(name) ?? -1;
  }
}

/** What stands between two spaces, read once for all lines that have it. */
interface Token {
  /** Whom it names: see `People.writtenAs`. */
  readonly person: number;
  /** Whether it is written as "@ann". */
  readonly isMention: boolean;
  /** Its words without function words and names. */
  readonly words: readonly number[];
  /** How many words it has in all. */
  readonly length: number;
  /** The number of its first word that is no name; -1 for none. */
  readonly opening: number;
}

/** All words of a channel by number, and in how many lines each occurs. */
class Vocabulary {
  readonly #people: People;
  readonly #ids = new Map<string, number>();
  /** What the runs without spaces hold. */
  readonly tokens = new Tokens((raw) => this.#parse(raw), capacity);
  readonly linesWith: number[] = [];

  constructor(people: People) {
    this.#people = people;
  }

  #parse(raw: string): Token {
    const all = raw.toLowerCase().match(wordPattern) ?? [];
    const isName = (word: string) => this.#people.called(word) >= 0;
    const topics = all.filter((word) => word.length > 1 && !common.has(word) && !isName(word));
    const opening = all.find((word) => !isName(word) || common.has(word));
    return {
      person: this.#people.writtenAs(raw),
      isMention: /^<?@/u.test(raw),
      words: topics.map((word) => this.#idOf(word)),
      length: all.length,
      opening: opening === undefined ? -1 : hashed(opening, openings),
    };
  }

  #idOf(word: string): number {
    let id = this.#ids.get(word);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(word, id);
      this.linesWith.push(0);
    }
    return id;
  }
}

const noWord = hashed("", openings);

function readLine({ user: name, text, time }: ChannelMessage, people: People, vocabulary: Vocabulary): Line {
  const user = people.idOf(name);
  const read = text.length > longestRead ? text.slice(0, longestRead) : text;
  const named: number[] = [];
  const words: number[] = [];
  let [addressee, length, opening] = [-1, 0, -1];
  for (const [index, token] of vocabulary.tokens.read(read).entries()) {
    length += token.length;
    if (opening < 0) opening = token.opening;
    for (const word of token.words) if (!words.includes(word)) words.push(word);
    // A short name only counts where a message begins with it.
    const person = token.person < -1 && index === 0 ? -2 - token.person : token.person;
    if (person < 0 || person === user) continue;
    if (index === 0 || index === 1 && token.isMention) addressee = person;
    if (!named.includes(person)) named.push(person);
  }
  for (const word of words) vocabulary.linesWith[word]!++;
  return {
    user,
    time: time / 60_000,
    addressee,
    named,
    words,
    length,
    opening: opening < 0 ? noWord : opening,
    isQuestion: /[?？؟]/u.test(read),
    isSystem: systemPattern.test(read),
  };
}

/** Prepares the messages of a channel, in the order written. */
export function readLines(messages: readonly ChannelMessage[]): Lines {
  const people = new People(messages);
  const vocabulary = new Vocabulary(people);
  const lines = messages.map((message) => readLine(message, people, vocabulary));
  const rarity = Float64Array.from(vocabulary.linesWith, (count) => Math.log((lines.length + 1) / count));
  return { lines, users: people.count, rarity };
}
