/** The statements that a recap may choose from. Each has a kind, a worth, and the messages that it cites. */
import { type Passage, sentencePassages } from "../analysis/passages.ts";
import type { Language } from "../../text/language.ts";
import { countWords } from "../../text/words.ts";
import { addressIn, answeredBy, asksBack, citations, type Dialogue, isOpen } from "./answers.ts";
import {
  isAgreed,
  isAnnouncement,
  isAskedIn,
  isIntention,
  isNorm,
  isPlan,
  isTrouble,
  kindOfText,
  type PointKind,
} from "./kinds.ts";
import { assigneeIn, doerOf } from "./doers.ts";
import { salience, timing, urgency, wording } from "./wording.ts";

const interjection =
  /^(?:(?:ah|oh|ok|okay|super|ja|oui|yes|yeah|yep|yup|well|so|and|but|also|et|und|hm+|anyway|parfait|alors|vale|bueno|sí|genau|hey|hi|hello|bonjour|salut|hallo)[,!]?\s+(?:okay)?){1,2}(?<=[,!]\s+)/iu;

/** A statement without whom it addresses and without "ok, " before it. */
function trimmed(text: string, people: Dialogue["people"]): string {
  let rest = text;
  for (let found = addressIn(rest, people); found !== undefined; found = addressIn(rest, people)) {
    rest = found.rest;
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
  if (assigneeIn(passage.text, dialogue.people) !== undefined) return "action";
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
  if (kind === "answer" && isAnnouncement(text)) return "event";
  if (kind !== "event" && kind !== "answer" || isAnnouncement(text)) return kind;
  if (isIntention(text) && !seeksHelp.has(roots[message]!)) return "action";
  if (kind !== "event") return kind;
  if (belongsToQuestion(passage, dialogue)) return "question";
  if (isAnswer(message, dialogue)) return "answer";
  const root = roots[message]!;
  const isOwnTrouble = seeksHelp.has(root) && messages[root]!.user === user &&
    isTrouble(messages[message]!.text);
  return isOwnTrouble ? "question" : kind;
}

/** What all statements of a channel are read with. */
interface Reading {
  readonly dialogue: Dialogue;
  /** The sentences of each message. */
  readonly byMessage: ReadonlyMap<number, readonly Passage[]>;
  /** How many words a question and its answer may have. */
  readonly longest: number;
}

/** A sentence that may be chosen. Its kind and factors are computed when they are asked for. */
export class Statement implements Passage {
  readonly message: number;
  readonly sentence: number;
  readonly user: string;
  readonly language: Language;
  readonly text: string;
  readonly length: number;
  readonly stems: readonly string[];
  readonly isQuestion: boolean;
  /** The first message of its thread. */
  readonly group: number;
  /** The last message that it quotes. */
  readonly last: number;
  readonly factors: number = 4;
  protected readonly dialogue: Dialogue;
  readonly #passage: Passage;
  #kind: PointKind | undefined;

  constructor(passage: Passage, dialogue: Dialogue, last = passage.message) {
    ({
      message: this.message,
      sentence: this.sentence,
      user: this.user,
      language: this.language,
      text: this.text,
      length: this.length,
      stems: this.stems,
      isQuestion: this.isQuestion,
    } = passage);
    this.group = dialogue.roots[passage.message]!;
    this.last = last;
    this.dialogue = dialogue;
    this.#passage = passage;
  }

  factor(index: number): number {
    switch (index) {
      case 0:
        return timing(this.text);
      case 1:
        return wording(this.text);
      case 2:
        return this.urgency();
      default:
        return this.#passage.factor(0) ** salience.readability;
    }
  }

  protected urgency(): number {
    if (isAnnouncement(this.text)) return urgency("decision", false);
    if (this.kind !== "question") return urgency(this.kind, false);
    return asksBack(this.message, this.dialogue)
      ? urgency("event", false)
      : urgency("question", isOpen(this.message, this.dialogue));
  }

  /** The kind by which it is weighed. */
  get kind(): PointKind {
    return this.#kind ??= kindOf(this.#passage, this.dialogue);
  }

  /** The kind as it is shown. */
  get shownKind(): PointKind {
    return shownKind(this.kind, this.#passage, this.dialogue);
  }

  /** Who says it; of an action, who will do it. */
  get who(): string {
    return this.kind === "action" ? doerOf(this.#passage, this.dialogue) : this.user;
  }

  /** The message that says it, then those that it rests on. */
  get messages(): readonly number[] {
    return citations(this.message, this.dialogue);
  }
}

/** A question and what somebody else answers in a few words, as one statement: of the kind of the answer. */
class Exchange extends Statement {
  readonly #question: Passage;
  readonly #answer: Passage;

  constructor(question: Passage, answer: Passage, dialogue: Dialogue) {
    const text = `${question.text} ${answer.user}: ${answer.text}`;
    const length = question.length + answer.length + 1;
    const stems = [...new Set([...question.stems, ...answer.stems])];
    const factor = () => (question.factor(0) + answer.factor(0)) / 2;
    super({ ...question, text, length, stems, factor }, dialogue, answer.message);
    this.#question = question;
    this.#answer = answer;
  }

  protected override urgency(): number {
    return urgency("answer", false);
  }

  override get kind(): PointKind {
    return pairKind(this.#question, this.#answer, this.#answer.language);
  }

  override get shownKind(): PointKind {
    return shownKind(this.kind, this.#question, this.dialogue);
  }

  override get who(): string {
    return this.kind === "action" ? this.#answer.user : this.user;
  }
}

/** What somebody else answers to a question, if both take few words. */
function shortAnswer(question: Passage, { dialogue, byMessage, longest }: Reading): Passage | undefined {
  const { messages, asks, answers } = dialogue;
  for (const index of answers[question.message]!) {
    if (messages[index]!.user === question.user || asks[index]) continue;
    const answer = byMessage.get(index)?.[0];
    if (answer !== undefined && question.length + answer.length <= longest) return answer;
  }
  return undefined;
}

function statementOf(passage: Passage, reading: Reading): Statement {
  const { dialogue } = reading;
  const { language, message, text } = passage;
  const asks = (dialogue.asks[message]! || language === "ja") && isAskedIn(text, language);
  const answer = asks ? shortAnswer(passage, reading) : undefined;
  return answer === undefined ? new Statement(passage, dialogue) : new Exchange(passage, answer, dialogue);
}

const fewestCalled = 3;

/** Whether a sentence calls people by their names, as at the beginning of a meeting. */
function isRollCall(text: string, people: Dialogue["people"]): boolean {
  const said = text.toLowerCase().split(/[\s,:]+/u);
  const called = said.filter((word) => people.has(word)).length;
  return called >= fewestCalled && 2 * called >= said.length;
}

/** All statements of a channel, for a recap of so many words. */
export function statementsOf(dialogue: Dialogue, words: number): Statement[] {
  const plain = sentencePassages(dialogue.messages, "subjects").filter(({ text }) =>
    !isRollCall(text, dialogue.people)
  ).map((passage) => {
    const text = trimmed(passage.text, dialogue.people);
    return text === passage.text ? passage : { ...passage, text, length: countWords(text) };
  });
  const byMessage = Map.groupBy(plain, ({ message }) => message);
  const reading = { dialogue, byMessage, longest: words * pairs.share };
  return plain.map((passage) => statementOf(passage, reading));
}
