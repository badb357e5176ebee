/** Choosing the statements of a recap: what covers the most of what was said, weighed by what it is. */
import { withoutAutomatic } from "../analysis/automatic.ts";
import { choosePassages } from "../analysis/coverage.ts";
import type { AnalyzedMessage } from "../analysis/message.ts";
import { type Passage, sentencePassages } from "../analysis/passages.ts";
import { seriesPassages } from "./series.ts";
import { countWords } from "../../text/words.ts";
import { answeredBy, citations, isAsking, isOpen, type Links, rootsOf } from "./answers.ts";
import { dueIn, isAskedIn, kindOfText, type PointKind } from "./kinds.ts";

/** A chosen statement; messages by their index. */
export interface ChosenPoint {
  readonly kind: PointKind;
  readonly text: string;
  /** Who says it; of an action, who will do it. */
  readonly who: string;
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
  open: 1.25,
  /** Who begins so speaks of something said before. */
  dangling: 0.8,
  /** What does not work, is not done or not wanted. */
  negated: 1.2,
  /** A day on which something is due. */
  dated: 1.3,
};

/** Fewer words are a step on the way or small talk, unless they say that something is decided, done or promised. */
export const fewestWords = { usual: 5, particular: 3 };

/** How the length of a statement counts: longer ones are understood alone. */
export const lengths = { lengthPower: 0.65, fewWords: 6, manyWords: 30, short: 0.8, longPower: 0.3 };

/** Names of things: numbers, versions, paths, words in capitals. */
const specific = /\p{N}|[\p{L}\p{N}][_/.-][\p{L}\p{N}]|(?<=\S\s)\p{Lu}/u;

const negated =
  /(?<!\p{L})(?:not|never|cannot|no longer|pas|jamais|nicht|nie|kein\p{L}*|nunca|no (?:se|es|está|puede|funciona))(?!\p{L})|n['’]t(?!\p{L})/iu;

const dangling =
  /^(?:and|but|or|so|then|it|it's|its|that|that's|this|they|he|she|those|these|yes|no|ok|well|et|mais|donc|c'est|ça|und|aber|das|es|dann|y|pero|eso)(?![\p{L}\p{N}])/iu;

/** What the words of a statement tell of its worth, as a factor. */
function wording(text: string): number {
  let factor = 1;
  if (specific.test(text)) factor *= salience.specifics;
  if (dangling.test(text)) factor *= salience.dangling;
  if (negated.test(text)) factor *= salience.negated;
  if (dueIn(text) !== undefined) factor *= salience.dated;
  return factor;
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

/** What the statement is: an answer if it answers a question of somebody else, and says nothing more particular. */
function kindOf(
  passage: Passage,
  messages: readonly AnalyzedMessage[],
  links: Links,
  root: number,
): PointKind {
  const kind = kindOfText(passage.text, messages[passage.message]!.language);
  if (kind !== "event") return kind;
  const answered = answeredBy(passage.message, messages, links);
  if (answered >= 0 && isAsking(messages[answered]!)) return "answer";
  const starter = messages[root]!.user;
  if (answered >= 0 && starter !== passage.user && isAsking(messages[root]!)) return "answer";
  return kind;
}

/** A question and its answer are one statement if both take at most this share of all words. */
export const pairs = { share: 0.11 };

/** A question with its answer. */
interface Pair extends Passage {
  readonly kind: PointKind;
  readonly answeredBy: string;
}

/** For a question that somebody else answers in a few words: both as one statement, of the kind of the answer. */
function withAnswer(
  question: Passage,
  messages: readonly AnalyzedMessage[],
  links: Links,
  byMessage: ReadonlyMap<number, readonly Passage[]>,
  longest: number,
): Pair | undefined {
  for (const index of links.answers[question.message]!) {
    if (messages[index]!.user === question.user || isAsking(messages[index]!)) continue;
    const answer = byMessage.get(index)?.[0];
    if (answer === undefined || question.length + answer.length > longest) continue;
    const kind = kindOfText(answer.text, messages[index]!.language);
    return {
      ...question,
      kind: kind === "event" || kind === "cause" ? "answer" : kind,
      answeredBy: answer.user,
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

/** "You should", "could you": what somebody else is to do. */
const asksOther =
  /(?<!\p{L})(?:you (?:\p{L}+ ){0,4}(?:must|should|need to|have to|ought to)|(?:could|can|would|will) you|i['’]ll (?:put|mark|sign) you (?:down|up)|(?:peux|pourrais)-tu|(?:pouvez|pourriez)-vous|(?:kannst|könntest|solltest|musst) du|(?:puedes|podrías|tienes que|debes)) /iu;

/** Who will do what an action says: its writer, or the person whom it is said to. */
function doerOf(
  { message, text, user }: Passage,
  messages: readonly AnalyzedMessage[],
  links: Links,
): string {
  if (!asksOther.test(text)) return user;
  const other = answeredBy(message, messages, links);
  return other < 0 ? user : messages[other]!.user;
}

const particularKinds: ReadonlySet<PointKind> = new Set(["decision", "action", "cause", "resolution"]);

/** A sentence, or a question with its answer, that may be chosen. Its kind is looked for once it is asked for. */
interface Statement {
  readonly passage: Passage;
  readonly kind: () => PointKind;
  readonly who: () => string;
}

/** What all statements of a channel are read with. */
interface Reading {
  readonly messages: readonly AnalyzedMessage[];
  readonly links: Links;
  readonly roots: Int32Array;
  /** The sentences of each message. */
  readonly byMessage: ReadonlyMap<number, readonly Passage[]>;
  /** How many words a question and its answer may have. */
  readonly longest: number;
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => made ??= make();
}

function statementOf(single: Passage, { messages, links, roots, byMessage, longest }: Reading): Statement {
  const { message, user } = single;
  const root = roots[message]!;
  const asks = isAskedIn(single.text, messages[message]!.language);
  const pair = asks ? withAnswer(single, messages, links, byMessage, longest) : undefined;
  const passage = pair ?? single;
  const kind = once(() => asks ? "question" : kindOf(single, messages, links, root));
  const quality = () => {
    let quality = passage.quality() * salience.kinds[pair === undefined ? kind() : "answer"];
    if (links.links[message]! < 0 && links.answers[message]!.length === 0) quality *= salience.alone;
    if (asks && pair === undefined && isOpen(message, messages, links)) quality *= salience.open;
    return quality * wording(passage.text) / 3;
  };
  const weighed = { ...passage, group: root, quality };
  if (pair !== undefined) {
    return {
      passage: weighed,
      kind: () => pair.kind,
      who: () => pair.kind === "action" ? pair.answeredBy : user,
    };
  }
  const who = () => kind() === "action" ? doerOf(single, messages, links) : user;
  return { passage: weighed, kind, who };
}

/** The statements without those of few words; all of them where there is room for everything. */
function withoutFragments(all: readonly Statement[], words: number): readonly Statement[] {
  const { usual, particular } = fewestWords;
  const full = all.filter(({ passage: { length }, kind }) =>
    length >= usual || length >= particular && particularKinds.has(kind())
  );
  return full.reduce((sum, { passage: { length } }) => sum + length, 0) > words ? full : all;
}

/** The best statements within a number of words, best first. */
export function choosePoints(all: readonly AnalyzedMessage[], links: Links, words: number): ChosenPoint[] {
  const messages = withoutAutomatic(all);
  const users = new Set(messages.map(({ user }) => user.toLowerCase()));
  const series = seriesPassages(messages);
  const cited = new Map(series.map(({ passage, messages }) => [passage, messages]));
  const plain = sentencePassages(messages).map((passage) => {
    const text = trimmed(passage.text, users);
    return text === passage.text ? passage : { ...passage, text, length: countWords(text) };
  });
  const byMessage = Map.groupBy(plain, ({ message }) => message);
  const reading = { messages, links, roots: rootsOf(links.links), byMessage, longest: words * pairs.share };
  const said = withoutFragments(plain.map((single) => statementOf(single, reading)), words);
  const passages = [...said.map(({ passage }) => passage), ...series.map(({ passage }) => passage)];
  const chosen = choosePassages(passages, messages.length, { words }, lengths);
  // An answer may be chosen alone, and then again with its question.
  const each = chosen.filter((one, place) =>
    !chosen.some((other, index) =>
      other.text.includes(one.text) && (other.text.length > one.text.length || index < place)
    )
  );
  const statements = new Map(said.map((statement) => [statement.passage, statement]));
  return each.map((passage) => {
    const statement = statements.get(passage);
    return {
      kind: shownKind(statement?.kind() ?? "event", passage, messages, links),
      text: passage.text,
      who: statement?.who() ?? passage.user,
      messages: cited.get(passage) ?? citations(passage.message, messages, links),
    };
  });
}
