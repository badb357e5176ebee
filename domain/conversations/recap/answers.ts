/** Who answers what: links between messages both ways, what a message rests on, whether a question is open. */
import type { AnalyzedMessage } from "../analysis/message.ts";
import { BOUNDARY } from "../../text/words.ts";
import { isQuestion } from "./kinds.ts";

/** Who answers what, both ways. */
export interface Links {
  /** For each message the index of the message that it answers, -1 for none. */
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
export function isAsking(message: AnalyzedMessage): boolean {
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

/** The messages that a statement rests on: its own, the answered one, its writer's around it, and its answers. */
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
export function answeredBy(index: number, messages: readonly AnalyzedMessage[], { links }: Links): number {
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

/** The first message of each one's thread. */
export function rootsOf(links: Int32Array): Int32Array {
  const roots = new Int32Array(links.length);
  for (let index = 0; index < links.length; index++) {
    roots[index] = links[index]! < 0 ? index : roots[links[index]!]!;
  }
  return roots;
}
