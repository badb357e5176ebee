/** The statements that a recap may choose from. Each has a kind, a worth, and the messages that it cites. */
import { type Passage, sentencePassages } from "../analysis/passages.ts";
import type { Language } from "../../text/language.ts";
import { countWords } from "../../text/words.ts";
import { answeredBy, citations, type Dialogue, isOpen } from "./answers.ts";
import {
  dueIn,
  isAgreed,
  isAskedIn,
  isNorm,
  isPlan,
  isTrouble,
  kindOfText,
  type PointKind,
} from "./kinds.ts";

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

/** More than any statement has: an action with a name, a day and a negation has 2.6. */
const mostSalience = 3;

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

/** How far back a question may be that somebody still answers. */
const answerSteps = 6;

/** Whether somebody else has asked, in what the message answers or at the beginning of its thread. */
function isAnswer(message: number, { messages, asks, links, roots, seeksHelp }: Dialogue): boolean {
  const { user } = messages[message]!;
  const root = roots[message]!;
  if (seeksHelp.has(root)) return messages[root]!.user !== user;
  let answered = links[message]!;
  for (let step = 0; step < answerSteps && answered >= 0; step++) {
    if (asks[answered] && messages[answered]!.user !== user) return true;
    answered = links[answered]!;
  }
  return false;
}

/**
 * The kind by which a statement is weighed: its own words, else an answer if the message before it or the first of its
 * thread asks. Weighed by the wider context of `shownKind`, recaps miss more facts (docs/text-analysis.md).
 */
function kindOf(passage: Passage, dialogue: Dialogue): PointKind {
  const kind = kindOfText(passage.text, dialogue.messages[passage.message]!.language);
  if (kind !== "event") return kind;
  const { messages, asks, roots } = dialogue;
  const answered = answeredBy(passage.message, dialogue);
  if (answered < 0) return kind;
  const root = roots[passage.message]!;
  return asks[answered] || asks[root] && messages[root]!.user !== passage.user ? "answer" : kind;
}

/** A question and its answer are one statement if both take at most this share of all words. */
export const pairs = { share: 0.11 };

/** A question with its answer. */
interface Pair extends Passage {
  readonly kind: PointKind;
  readonly answeredBy: string;
  /** The message of the answer. */
  readonly answerMessage: number;
}

/** For a question that somebody else answers in a few words: both as one statement, of the kind of the answer. */
function withAnswer(question: Passage, { dialogue, byMessage, longest }: Reading): Pair | undefined {
  const { messages, asks, answers } = dialogue;
  for (const index of answers[question.message]!) {
    if (messages[index]!.user === question.user || asks[index]) continue;
    const answer = byMessage.get(index)?.[0];
    if (answer === undefined || question.length + answer.length > longest) continue;
    return {
      ...question,
      kind: pairKind(question, answer, messages[index]!.language),
      answeredBy: answer.user,
      answerMessage: index,
      text: `${question.text} ${answer.user}: ${answer.text}`,
      length: question.length + answer.length + 1,
      stems: [...new Set([...question.stems, ...answer.stems])],
      quality: () => (question.quality() + answer.quality()) / 2,
    };
  }
  return undefined;
}

/** What a question comes to: agreement to a proposal is a decision, a promise is an action. */
function pairKind(question: Passage, answer: Passage, language: Language): PointKind {
  if (isAgreed(question.text, answer.text)) return "decision";
  const kind = kindOfText(answer.text, language);
  return kind === "event" || kind === "cause" ? "answer" : kind;
}

/** How many lines beside a question its writer still speaks of it. */
const besideQuestion = 3;

/** Whether its writer asks about it right there: what happened is then part of the question. */
function belongsToQuestion({ message, user }: Passage, { messages, asks, links }: Dialogue): boolean {
  for (let index = message - besideQuestion; index <= message + besideQuestion; index++) {
    const near = messages[index];
    if (near?.user !== user || !asks[index]) continue;
    const together = index === message || links[index] === message || links[message] === index ||
      links[index] === links[message] && links[index]! >= 0;
    if (together) return true;
  }
  return false;
}

/** The kind as it is shown, by the words of the statement and by what the thread is about. */
function shownKind(kind: PointKind, passage: Passage, dialogue: Dialogue): PointKind {
  const { message, user, text } = passage;
  const { messages, roots, seeksHelp } = dialogue;
  if (isPlan(text) && (kind === "event" || kind === "decision")) return "decision";
  if (kind === "decision" && isNorm(text)) return isAnswer(message, dialogue) ? "answer" : kind;
  if (kind !== "event") return kind;
  if (belongsToQuestion(passage, dialogue)) return "question";
  if (isAnswer(message, dialogue)) return "answer";
  const root = roots[message]!;
  const isOwnTrouble = seeksHelp.has(root) && messages[root]!.user === user &&
    isTrouble(messages[message]!.text);
  return isOwnTrouble ? "question" : kind;
}

/** "You should", "could you": what somebody else is to do. */
const asksOther =
  /(?<!\p{L})(?:you (?:\p{L}+ ){0,4}(?:must|should|need to|have to|ought to)|(?:could|can|would|will) you|i['’]ll (?:put|mark|sign) you (?:down|up)|(?:peux|pourrais)-tu|(?:pouvez|pourriez)-vous|(?:kannst|könntest|solltest|musst) du|(?:puedes|podrías|tienes que|debes)) /iu;

/** Who will do what an action says: its writer, or the person whom it is said to. */
function doerOf({ message, text, user }: Passage, dialogue: Dialogue): string {
  if (!asksOther.test(text)) return user;
  const other = answeredBy(message, dialogue);
  return other < 0 ? user : dialogue.messages[other]!.user;
}

/** A sentence, or a question with its answer, that may be chosen. Its kind is looked for once it is asked for. */
export interface Statement {
  readonly passage: Passage;
  readonly kind: () => PointKind;
  /** The kind as it is shown. */
  readonly shownKind: () => PointKind;
  /** Who says it; of an action, who will do it. */
  readonly who: () => string;
  /** The message that says it, then those that it rests on. */
  readonly messages: () => readonly number[];
  /** The last message that it quotes: that of the answer, where it has one. */
  readonly last: number;
}

/** What all statements of a channel are read with. */
interface Reading {
  readonly dialogue: Dialogue;
  /** The sentences of each message. */
  readonly byMessage: ReadonlyMap<number, readonly Passage[]>;
  /** How many words a question and its answer may have. */
  readonly longest: number;
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => made ??= make();
}

function statementOf(single: Passage, reading: Reading): Statement {
  const { dialogue } = reading;
  const { messages, links, answers, roots } = dialogue;
  const { message, user } = single;
  const { language } = messages[message]!;
  const asks = (dialogue.asks[message]! || language === "ja") && isAskedIn(single.text, language);
  const pair = asks ? withAnswer(single, reading) : undefined;
  const passage = pair ?? single;
  const kind = once(() => asks ? "question" : kindOf(single, dialogue));
  const weight = () => {
    let weight = salience.kinds[pair === undefined ? kind() : "answer"] / mostSalience;
    if (links[message]! < 0 && answers[message]!.length === 0) weight *= salience.alone;
    if (asks && pair === undefined && isOpen(message, dialogue)) weight *= salience.open;
    return weight * wording(passage.text);
  };
  const weighed = { ...passage, group: roots[message]!, weight };
  const shown = pair === undefined ? kind : () => pair.kind;
  return {
    last: pair?.answerMessage ?? message,
    passage: weighed,
    kind: shown,
    shownKind: () => shownKind(shown(), single, dialogue),
    who: () => {
      if (shown() !== "action") return user;
      return pair === undefined ? doerOf(single, dialogue) : pair.answeredBy;
    },
    messages: () => citations(message, dialogue),
  };
}

/** All statements of a channel, for a recap of so many words. */
export function statementsOf(dialogue: Dialogue, words: number): Statement[] {
  const { messages } = dialogue;
  const users = new Set(messages.map(({ user }) => user.toLowerCase()));
  const plain = sentencePassages(messages).map((passage) => {
    const text = trimmed(passage.text, users);
    return text === passage.text ? passage : { ...passage, text, length: countWords(text) };
  });
  const byMessage = Map.groupBy(plain, ({ message }) => message);
  const reading = { dialogue, byMessage, longest: words * pairs.share };
  return plain.map((single) => statementOf(single, reading));
}
