/** Who answers what: links between messages both ways, what a message rests on, whether a question is open. */
import type { AnalyzedMessage, AnalyzedSentence } from "../analysis/message.ts";
import { BOUNDARY } from "../../text/words.ts";
import { isQuestion, isTrouble } from "./kinds.ts";

/** The messages of a channel, and who answers what. */
export interface Dialogue {
  readonly messages: readonly AnalyzedMessage[];
  /** Who wrote them: names in lower case, and as they are written. */
  readonly people: ReadonlyMap<string, string>;
  /** For each message whether it asks something. */
  readonly asks: readonly boolean[];
  /** For each message the index of the message that it answers, -1 for none. */
  readonly links: Int32Array;
  /** For each message those that answer it, in order. */
  readonly answers: readonly (readonly number[])[];
  /** For each message the first one of its thread. */
  readonly roots: Int32Array;
  /** The first messages of threads that begin with a question, or with what does not work. */
  readonly seeksHelp: ReadonlySet<number>;
}

/** The dialogue of messages whose links are known, each with its time in milliseconds. */
export function dialogueOf(
  messages: readonly AnalyzedMessage[],
  known: Int32Array,
  times: readonly number[],
): Dialogue {
  const asks = messages.map(({ text }) => isQuestion(text));
  const links = withAnswers(known, messages, asks, times);
  const answers: number[][] = Array.from(links, () => []);
  for (let index = 0; index < links.length; index++) {
    const link = links[index]!;
    if (link >= 0) answers[link]!.push(index);
  }
  const roots = rootsOf(links);
  const people = new Map(messages.map(({ user }) => [user.toLowerCase(), user]));
  return { messages, people, asks, links, answers, roots, seeksHelp: helpThreads(messages, asks, roots) };
}

/** How many messages of its writer before the first reply open a thread. */
const openingSpan = 5;

/** The threads whose writer asks, or says what does not work, before anybody replies. */
function helpThreads(
  messages: readonly AnalyzedMessage[],
  asks: readonly boolean[],
  roots: Int32Array,
): ReadonlySet<number> {
  const seeking = new Set<number>();
  const opened = new Map<number, number>();
  for (let index = 0; index < messages.length; index++) {
    const root = roots[index]!;
    const before = opened.get(root) ?? 0;
    if (before >= openingSpan) continue;
    if (messages[index]!.user !== messages[root]!.user) opened.set(root, openingSpan);
    else {
      opened.set(root, before + 1);
      if (asks[index] || isTrouble(messages[index]!.text)) seeking.add(root);
    }
  }
  return seeking;
}

const answerSpan = 4;
const answerMinutes = 60;

/**
 * The links, and those that a calm channel leaves out: what stands alone right after a question that nobody has answered is
 * its answer.
 */
function withAnswers(
  links: Int32Array,
  messages: readonly AnalyzedMessage[],
  asks: readonly boolean[],
  times: readonly number[],
): Int32Array {
  const all = links.slice();
  const answered = new Set<number>();
  for (let index = 0; index < messages.length; index++) {
    const { user, sentences } = messages[index]!;
    if (all[index]! < 0 && !asks[index] && saysSomething(sentences)) {
      for (let back = index - 1; back >= 0 && back >= index - answerSpan; back--) {
        const asked = messages[back]!;
        if (asked.user === user || times[index]! - times[back]! > answerMinutes * 60_000) break;
        if (asked.kind !== "prose" || !asks[back] || answered.has(back)) continue;
        all[index] = back;
        break;
      }
    }
    const link = all[index]!;
    if (link >= 0 && messages[link]!.user !== user) answered.add(link);
  }
  return all;
}

function saysSomething(sentences: readonly AnalyzedSentence[]): boolean {
  return sentences.some(({ stems }) => stems.some((stem) => stem !== BOUNDARY));
}

/** The messages that a statement rests on: its own, the answered one, its writer's around it, and its answers. */
export function citations(index: number, { messages, links, answers }: Dialogue): number[] {
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

const address = /^@?([^\s:,]+)[:,]\s/u;

/** Whom a text addresses ("ann: yes, ..."), and what follows; undefined for nobody who writes here. */
export function addressIn(
  text: string,
  people: Dialogue["people"],
): { readonly person: string; readonly rest: string } | undefined {
  const match = address.exec(text);
  const person = match === null ? undefined : people.get(match[1]!.toLowerCase());
  return person === undefined ? undefined : { person, rest: text.slice(match![0].length).trimStart() };
}

/** The nearest message of somebody else that this one answers, through its writer's own lines; -1 for none. */
export function answeredBy(index: number, { messages, links }: Dialogue): number {
  let answered = links[index]!;
  for (let step = 0; step < 4 && answered >= 0; step++) {
    if (messages[answered]!.user !== messages[index]!.user) return answered;
    answered = links[answered]!;
  }
  return -1;
}

/** Whether somebody asks the person who seeks help in a thread: a step on the way. */
export function asksBack(index: number, { messages, roots, seeksHelp }: Dialogue): boolean {
  const root = roots[index]!;
  return seeksHelp.has(root) && messages[root]!.user !== messages[index]!.user;
}

/** Whether nobody else has said anything to a question, or to what its writer said about it. */
export function isOpen(index: number, { messages, asks, answers }: Dialogue): boolean {
  const { user } = messages[index]!;
  const open = [index];
  for (let place = 0; place < open.length && place < 20; place++) {
    for (const answer of answers[open[place]!]!) {
      if (messages[answer]!.user !== user && !asks[answer]) return false;
      open.push(answer);
    }
  }
  return true;
}

function rootsOf(links: Int32Array): Int32Array {
  const roots = new Int32Array(links.length);
  for (let index = 0; index < links.length; index++) {
    roots[index] = links[index]! < 0 ? index : roots[links[index]!]!;
  }
  return roots;
}
