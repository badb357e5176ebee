/** Choosing the statements of a recap: what covers the most of what was said, weighed by what it is. */
import { withoutAutomatic } from "../analysis/automatic.ts";
import { choosePassages } from "../analysis/coverage.ts";
import type { AnalyzedMessage } from "../analysis/message.ts";
import { type Passage, sentencePassages } from "../analysis/passages.ts";
import { seriesPassages } from "./series.ts";
import { BOUNDARY, countWords } from "../../text/words.ts";
import { isQuestion, kindOfText, type PointKind } from "./kinds.ts";

/** A chosen statement; messages by their index. */
export interface ChosenPoint {
  readonly kind: PointKind;
  readonly text: string;
  /** The message that says it, then those that it rests on. */
  readonly messages: readonly number[];
}

/** Constants, the same for every kind of channel (docs/text-analysis.md). */
export const salience = {
  kinds: {
    event: 0.35,
    question: 0.65,
    answer: 0.9,
    cause: 0.8,
    resolution: 0.8,
    decision: 1,
    action: 1.1,
  } as Record<PointKind, number>,
  /** A thread of two messages or more counts more than a remark that nobody answers. */
  alone: 0.8,
  specifics: 1.5,
  /** A question that nobody has answered. */
  open: 1.4,
  /** Who begins so speaks of something said before. */
  dangling: 0.8,
  bot: 0.5,
};

/** How the length of a statement counts: longer ones are understood alone. */
export const lengths = { lengthPower: 0.65, fewWords: 6, manyWords: 30, short: 0.8, longPower: 0.3 };

/** Names of things: numbers, versions, paths, words in capitals. */
const specific = /\p{N}|[\p{L}\p{N}][_/.-][\p{L}\p{N}]|(?<=\S\s)\p{Lu}/u;

const dangling =
  /^(?:and|but|or|so|then|it|it's|its|that|that's|this|they|he|she|those|these|yes|no|ok|well|et|mais|donc|c'est|ça|und|aber|das|es|dann|y|pero|eso)(?![\p{L}\p{N}])/iu;

/** Who answers what, both ways. */
export interface Links {
  /** For each message what it answers, -1 for nothing. */
  readonly links: Int32Array;
  readonly answers: readonly (readonly number[])[];
}

export function bothWays(links: Int32Array): Links {
  const answers: number[][] = Array.from(links, () => []);
  for (const [index, link] of links.entries()) if (link >= 0) answers[link]!.push(index);
  return { links, answers };
}

const asking = new WeakMap<AnalyzedMessage, boolean>();

/** Whether a message asks something; each is looked at once. */
function isAsking(message: AnalyzedMessage): boolean {
  let known = asking.get(message);
  if (known === undefined) asking.set(message, known = isQuestion(message.text));
  return known;
}

const answerSpan = 4;
const answerMinutes = 60;

/**
 * The links, and those that a calm channel leaves out: what stands alone right after a question that nobody has answered is
 * its answer.
 */
export function withAnswers(
  links: Int32Array,
  messages: readonly AnalyzedMessage[],
  times: readonly number[],
): Int32Array {
  const all = links.slice();
  const answered = new Set<number>();
  for (const [index, message] of messages.entries()) {
    const { user, sentences } = message;
    const says = sentences.some(({ stems }) => stems.some((stem) => stem !== BOUNDARY));
    if (all[index]! < 0 && says && !isAsking(message)) {
      for (let back = index - 1; back >= 0 && back >= index - answerSpan; back--) {
        const asked = messages[back]!;
        if (asked.user === user || times[index]! - times[back]! > answerMinutes * 60_000) break;
        if (asked.kind !== "prose" || !isAsking(asked) || answered.has(back)) continue;
        all[index] = back;
        break;
      }
    }
    const link = all[index]!;
    if (link >= 0 && messages[link]!.user !== user) answered.add(link);
  }
  return all;
}

const interjection =
  /^(?:(?:ah|oh|ok|okay|super|ja|oui|yes|yeah|yep|yup|well|so|and|but|also|et|und|hm+|anyway|parfait|alors|vale|bueno|sí|genau|hey|hi|hello|bonjour|salut|hallo)[,!]?\s+(?:okay)?){1,2}(?<=[,!]\s+)/iu;

/** A statement without whom it addresses and without "ok, " before it. */
function trimmed(text: string, users: ReadonlySet<string>): string {
  let rest = text;
  for (
    let match = /^@?([^\s:,]+)[:,]\s+/u.exec(rest);
    match !== null;
    match = /^@?([^\s:,]+)[:,]\s+/u.exec(rest)
  ) {
    if (!users.has(match[1]!.toLowerCase())) break;
    rest = rest.slice(match[0].length);
  }
  rest = rest.replace(interjection, "");
  return rest === "" ? text : rest;
}

/** The messages that a statement rests on: it, what it answers, what its writer said around it, its answers. */
export function citations(
  index: number,
  messages: readonly AnalyzedMessage[],
  { links, answers }: Links,
): number[] {
  const { user } = messages[index]!;
  const cited = [index];
  const add = (other: number | undefined) => {
    if (
      other !== undefined && other >= 0 && other < messages.length && !cited.includes(other) &&
      cited.length < 5
    ) {
      cited.push(other);
    }
  };
  const own = (other: number) => messages[other]?.user === user ? other : undefined;
  add(own(index + 1));
  add(own(index - 1));
  add(links[index]!);
  add(answers[index]![0]);
  add(own(index + 2));
  add(own(index - 2));
  add(links[index]! >= 0 ? links[links[index]!]! : -1);
  add(answers[index]!.at(-1));
  return cited;
}

/** The nearest message of somebody else that this one answers, through its writer's own lines; -1 for none. */
function answeredBy(index: number, messages: readonly AnalyzedMessage[], { links }: Links): number {
  let answered = links[index]!;
  for (let step = 0; step < 4 && answered >= 0; step++) {
    if (messages[answered]!.user !== messages[index]!.user) return answered;
    answered = links[answered]!;
  }
  return -1;
}

/** Whether nobody else has said anything to a question, or to what its writer said about it. */
export function isOpen(index: number, messages: readonly AnalyzedMessage[], links: Links): boolean {
  const { user } = messages[index]!;
  const open = [index];
  for (let place = 0; place < open.length && place < 20; place++) {
    for (const answer of links.answers[open[place]!]!) {
      if (messages[answer]!.user !== user && !isAsking(messages[answer]!)) return false;
      open.push(answer);
    }
  }
  return true;
}

/** What the statement is: an answer if it answers a question of somebody else, and says nothing more particular. */
function kindOf(
  passage: Passage,
  messages: readonly AnalyzedMessage[],
  links: Links,
  root: number,
): PointKind {
  const kind = kindOfText(passage.text, messages[passage.message]!.language);
  if (kind !== "event" && kind !== "cause") return kind;
  const answered = answeredBy(passage.message, messages, links);
  if (answered >= 0 && isAsking(messages[answered]!)) return "answer";
  const starter = messages[root]!.user;
  if (answered >= 0 && starter !== passage.user && isAsking(messages[root]!)) return "answer";
  return kind;
}

/** A question and its answer are one statement if both take at most this share of all words. */
export const pairs = { share: 0.11 };

/** For a question that somebody else answers in a few words: both as one statement. */
function withAnswer(
  question: Passage,
  messages: readonly AnalyzedMessage[],
  links: Links,
  byMessage: ReadonlyMap<number, readonly Passage[]>,
  longest: number,
): Passage | undefined {
  for (const index of links.answers[question.message]!) {
    if (messages[index]!.user === question.user || isAsking(messages[index]!)) continue;
    const answer = byMessage.get(index)?.[0];
    if (answer === undefined || question.length + answer.length > longest) continue;
    return {
      ...question,
      text: `${question.text} ${answer.user}: ${answer.text}`,
      length: question.length + answer.length + 1,
      stems: [...new Set([...question.stems, ...answer.stems])],
      quality: () => (question.quality() + answer.quality()) / 2,
    };
  }
  return undefined;
}

/** How many lines beside a question its writer still speaks of it. */
const besideQuestion = 3;

/** The kind as it is shown: what happened to somebody who asks about it right there is part of the question. */
function shownKind(
  kind: PointKind,
  { message, user }: Passage,
  messages: readonly AnalyzedMessage[],
  { links }: Links,
): PointKind {
  if (kind !== "event" || messages[message]!.kind !== "prose") return kind;
  for (let index = message - besideQuestion; index <= message + besideQuestion; index++) {
    const near = messages[index];
    if (near?.user !== user || !isAsking(near)) continue;
    const together = index === message || links[index] === message || links[message] === index ||
      links[index] === links[message] && links[index]! >= 0;
    if (together) return "question";
  }
  return kind;
}

/** The first message of each one's thread. */
export function rootsOf(links: Int32Array): Int32Array {
  const roots = new Int32Array(links.length);
  for (let index = 0; index < links.length; index++) {
    roots[index] = links[index]! < 0 ? index : roots[links[index]!]!;
  }
  return roots;
}

/** The best statements within a number of words, best first. */
export function choosePoints(all: readonly AnalyzedMessage[], links: Links, words: number): ChosenPoint[] {
  const messages = withoutAutomatic(all);
  const roots = rootsOf(links.links);
  const users = new Set(messages.map(({ user }) => user.toLowerCase()));
  const kinds = new Map<Passage, PointKind>();
  const series = seriesPassages(messages);
  const cited = new Map(series.map(({ passage, messages }) => [passage, messages]));
  const plain = sentencePassages(messages).map((passage) => {
    const text = trimmed(passage.text, users);
    return text === passage.text ? passage : { ...passage, text, length: countWords(text) };
  });
  const longest = words * pairs.share;
  const byMessage = Map.groupBy(plain, ({ message }) => message);
  const said = plain.map((single) => {
    const { message } = single;
    const root = roots[message]!;
    const ofWords = kindOf(single, messages, links, root);
    const pair = ofWords === "question" ? withAnswer(single, messages, links, byMessage, longest) : undefined;
    const passage = pair ?? single;
    const kind = pair === undefined ? ofWords : "answer";
    const weighed: Passage = {
      ...passage,
      group: root,
      quality: () => {
        let quality = passage.quality() * salience.kinds[kind];
        if (links.links[message]! < 0 && links.answers[message]!.length === 0) quality *= salience.alone;
        if (specific.test(passage.text)) quality *= salience.specifics;
        if (dangling.test(passage.text)) quality *= salience.dangling;
        if (kind === "question" && isOpen(message, messages, links)) quality *= salience.open;
        return quality / 3;
      },
    };
    kinds.set(weighed, kind);
    return weighed;
  });
  const passages = [...said, ...series.map(({ passage }) => passage)];
  const chosen = choosePassages(passages, messages.length, { words }, lengths);
  // An answer may be chosen alone, and then again with its question.
  const each = chosen.filter((one, place) =>
    !chosen.some((other, index) =>
      other.text.includes(one.text) && (other.text.length > one.text.length || index < place)
    )
  );
  return each.map((passage) => ({
    kind: shownKind(kinds.get(passage) ?? "event", passage, messages, links),
    text: passage.text,
    messages: cited.get(passage) ?? citations(passage.message, messages, links),
  }));
}
