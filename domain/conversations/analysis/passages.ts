/** Passages: the sentences or whole messages that a summary may choose from, each with how well it would read. */
import { functionWords } from "../../text/stop_words.ts";
import type { AnalyzedMessage, AnalyzedSentence } from "./message.ts";
import type { Language } from "../../text/language.ts";
import { BOUNDARY, isNumber } from "../../text/words.ts";

/** A sentence, or a whole message, that may be chosen. */
export interface Passage {
  /** Index of its message. */
  readonly message: number;
  /** Index of its sentence in the message; 0 for a whole message. */
  readonly sentence: number;
  readonly user: string;
  readonly language: Language;
  /** As it would be shown, white space as single spaces. */
  readonly text: string;
  /** How many words a word limit counts. */
  readonly length: number;
  /** Stems of its topic words, each once. */
  readonly stems: readonly string[];
  readonly isQuestion: boolean;
  /** Passages of one group (a thread) are chosen from less often the more of them are chosen. */
  readonly group?: number;
  /** The number of factors by which the worth of the passage is multiplied. */
  readonly factors: number;
  /** One factor, above 0 and at most 1. Cheap factors come first: a later one is asked for only if the passage may still be chosen. */
  readonly factor: (index: number) => number;
}

/** Constants, the same for every kind of conversation; found on the development sets (docs/text-analysis.md). */
export const readability = {
  /** Prose in any language consists of function words to nearly a half; a signature or a list does not. */
  functionWordRate: 0.4,
  functionWordPower: 1.5,
  /** Telegraphic messages ("Deploy failed") have none, and still count. */
  leastFunctionWords: 0.05,
  /** Factor for a passage with a single topic word. */
  oneTopic: 0.6,
  /** Factors for telephone numbers and addresses, for markup, and for sentences with their writer's full name. */
  contact: 0.5,
  markup: 0.6,
  ownName: 0.1,
  /** Words of more characters than this are no words. */
  longestWord: 45,
};

const contact =
  /\[email\]|\bhttps?:|\bwww\.|[\w.]@[\w-]+\.\w|(?<![\w.,])\+?\d[\d ().-]{7,}\d(?![\w,])|\b(?:tel|t[eé]l[eé]phone|telefon|fax|phone)\b/iu;
const markup = /[<>{}=|\\/_#*~^[\]]/gu;
const userNamePart = /[^\p{L}]+/u;

/** The share of words without a topic, numbers aside; 1 in a language whose function words are not listed. */
function functionWordRate(words: readonly string[], stems: readonly string[], language: string): number {
  if (functionWords(language).length === 0) return 1;
  let [all, plain] = [0, 0];
  for (const [index, word] of words.entries()) {
    if (word === BOUNDARY) continue;
    all++;
    if (stems[index] === BOUNDARY && !isNumber(word)) plain++;
  }
  return all === 0 ? 0 : plain / all;
}

/** Whether two parts of the writer's own name are among the words, as in a signature. */
function namesItsWriter(user: string, words: readonly string[]): boolean {
  const parts = user.toLowerCase().split(userNamePart).filter((part) => part.length > 2);
  if (parts.length < 2) return false;
  const spoken = new Set(words.map((word) => word.toLowerCase()));
  return parts.filter((part) => spoken.has(part)).length >= 2;
}

interface Prose {
  readonly text: string;
  readonly words: readonly string[];
  readonly stems: readonly string[];
}

/** Whether links are contacts, as in a signature, or what is spoken of, as in a chat. */
type LinkReading = "contacts" | "subjects";
const link = /https?:\S+/gu;

/** How much of its worth counts: 1 for plain prose, less for addresses, markup and lists of names. */
function qualityOf(prose: Prose, { user, language }: AnalyzedMessage, links: LinkReading): number {
  const { words, stems } = prose;
  const text = links === "subjects" && prose.text.includes("http")
    ? prose.text.replace(link, "")
    : prose.text;
  const rate = functionWordRate(words, stems, language) / readability.functionWordRate;
  let quality = Math.min(1, Math.max(readability.leastFunctionWords, rate)) ** readability.functionWordPower;
  if (contact.test(text)) quality *= readability.contact;
  if ((text.match(markup)?.length ?? 0) > text.length * 0.02) quality *= readability.markup;
  if (namesItsWriter(user, words)) quality *= readability.ownName;
  if (words.some((word) => word.length > readability.longestWord)) quality *= readability.markup;
  return quality;
}

/** Names of one word of those who take part, in their usual spellings: they address, and are no topics. */
function userNames(messages: readonly AnalyzedMessage[]): ReadonlySet<string> {
  const names = [...new Set(messages.map(({ user }) => user))].filter((user) => /^\S+$/u.test(user));
  return new Set(names.flatMap((name) => {
    const lower = name.toLowerCase();
    return [name, lower, lower.charAt(0).toUpperCase() + lower.slice(1)];
  }));
}

/** The sentence without whom it addresses ("ann: yes, it is"), and without names among its topics. */
function withoutNames(sentence: AnalyzedSentence, names: ReadonlySet<string>): AnalyzedSentence {
  const { words, stems } = sentence;
  if (!words.some((word) => names.has(word))) return sentence;
  const topics = stems.map((stem, index) => names.has(words[index]!) ? BOUNDARY : stem);
  const address = names.has(words[0]!) ? /^\S+[:,]\s+(?=\S)/u.exec(sentence.text)?.[0] : undefined;
  if (address === undefined) return { ...sentence, stems: topics };
  return { text: sentence.text.slice(address.length), length: sentence.length - 1, words, stems: topics };
}

function passage(
  message: number,
  sentence: number,
  prose: Prose,
  length: number,
  by: AnalyzedMessage,
  links: LinkReading = "contacts",
): Passage {
  const stems = [...new Set(prose.stems)].filter((stem) => stem !== BOUNDARY);
  return {
    message,
    sentence,
    user: by.user,
    language: by.language,
    text: prose.text,
    length,
    stems,
    isQuestion: /[?？]/u.test(prose.text.slice(-3)),
    factors: 1,
    factor: () => qualityOf(prose, by, links) * (stems.length > 1 ? 1 : readability.oneTopic),
  };
}

/** Every sentence of the messages that is about something, in order. */
export function sentencePassages(messages: readonly AnalyzedMessage[], links?: LinkReading): Passage[] {
  const names = userNames(messages);
  return messages.flatMap((message, index) =>
    message.sentences.map((sentence, place) => {
      const shown = withoutNames(sentence, names);
      return passage(index, place, shown, shown.length, message, links);
    })
  ).filter(({ stems }) => stems.length > 0);
}

/** Every message that is about something as one passage, in order. */
export function messagePassages(messages: readonly AnalyzedMessage[]): Passage[] {
  const names = userNames(messages);
  return messages.flatMap((message, index) => {
    if (message.sentences.length === 0) return [];
    const sentences = message.sentences.map((sentence) => withoutNames(sentence, names));
    const prose = {
      text: sentences.map(({ text }) => text).join(" "),
      words: sentences.flatMap(({ words }) => words),
      stems: sentences.flatMap(({ stems }) => stems),
    };
    const length = sentences.reduce((sum, sentence) => sum + sentence.length, 0);
    return [passage(index, 0, prose, length, message)];
  }).filter(({ stems }) => stems.length > 0);
}
