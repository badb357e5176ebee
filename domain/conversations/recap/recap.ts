/**
 * What a colleague who was away needs to know of a channel: what was talked about, and of each subject what happened, was
 * decided, asked, answered and promised, each with the messages that show it. Deterministic; no model, no network.
 */
import { withoutAutomatic } from "../analysis/automatic.ts";
import { keyphrases } from "../analysis/keyphrases.ts";
import { type AnalyzedMessage, analyzeMessages } from "../analysis/message.ts";
import { countWords } from "../../text/words.ts";
import { dueIn, isQuestion, type PointKind } from "./kinds.ts";
import type { ChannelMessage } from "./message.ts";
import { citations, type Dialogue, dialogueOf, isOpen } from "./answers.ts";
import { choosePoints } from "./points.ts";
import { replyLinks } from "./threads.ts";
import type { ChosenPoint } from "./turns.ts";

/** One statement, and the messages that it stands on. */
export interface RecapPoint {
  readonly kind: PointKind;
  /** In the words of its writer. */
  readonly text: string;
  /** Who says it; of an action, who will do it. */
  readonly who?: string;
  /** When it is due, in the words of the text. */
  readonly due?: string;
  /** Ids of messages, that of the statement itself first; at most five. */
  readonly messages: readonly string[];
}

/** A conversation within the channel. */
export interface RecapTopic {
  readonly title: string;
  /** When it began and ended, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Who took part, in order of their first message. */
  readonly people: readonly string[];
  /** How many messages it has. */
  readonly messages: number;
  readonly summary: string;
  /** In the order written. */
  readonly points: readonly RecapPoint[];
}

/** A recap: topics most important first. */
export interface Recap {
  readonly topics: readonly RecapTopic[];
  /** Questions that nobody answered, the latest last; at most five. */
  readonly open_questions: readonly RecapPoint[];
  readonly actions: readonly RecapPoint[];
  /** All topics in a few lines. */
  readonly text: string;
}

/** Options of `recapOf`. */
export interface RecapOptions {
  /** How many words the statements, and the text, have at most; 200 unless told otherwise. */
  readonly words?: number;
  /** The analysis of each message, where there is one already. */
  readonly analyzed?: readonly AnalyzedMessage[];
}

const mostOpen = 5;
/** Of how many earlier questions of a person it is known that they are asked again. */
const remembered = 20;
/** What a question must be about to be worth an answer later. */
const leastTopics = 2;

/** A channel read once. */
interface Channel {
  readonly messages: readonly ChannelMessage[];
  readonly dialogue: Dialogue;
}

/** The recap of a channel's messages, in the order written. Says nothing of an empty one. */
export function recapOf(
  messages: readonly ChannelMessage[],
  { words = 200, analyzed: known = analyzeMessages(messages) }: RecapOptions = {},
): Recap {
  const analyzed = withoutAutomatic(
    known.map((one, index): AnalyzedMessage =>
      messages[index]!.bot === true ? { ...one, kind: "automatic", sentences: [] } : one
    ),
  );
  const dialogue = dialogueOf(analyzed, replyLinks(messages), messages.map(({ time }) => time));
  const channel = { messages, dialogue };
  const chosen = choosePoints(dialogue, words);
  const topics = topicsOf(chosen, channel);
  return {
    topics,
    open_questions: openQuestions(channel),
    actions: topics.flatMap(({ points }) => points.filter(({ kind }) => kind === "action")),
    text: textOf(chosen, topics, channel, words),
  };
}

function pointOf({ kind, text, who, messages }: ChosenPoint, channel: Channel): RecapPoint {
  const due = kind === "action" || kind === "decision" ? dueIn(text) : undefined;
  const ids = messages.map((index) => channel.messages[index]!.id);
  return { kind, text, who, ...(due === undefined ? {} : { due }), messages: ids };
}

/** The chosen statements by their threads; the threads in the order of their best statement. */
function topicsOf(chosen: readonly ChosenPoint[], channel: Channel): RecapTopic[] {
  const { messages, dialogue: { roots } } = channel;
  const threads = new Map<number, number[]>();
  const wanted = Map.groupBy(chosen, (point) => roots[point.messages[0]!]!);
  for (const [index, root] of roots.entries()) {
    if (!wanted.has(root)) continue;
    const thread = threads.get(root);
    if (thread === undefined) threads.set(root, [index]);
    else thread.push(index);
  }
  return Array.from(wanted, ([root, points]) => {
    const thread = threads.get(root)!;
    const ordered = points.toSorted((a, b) => a.messages[0]! - b.messages[0]!);
    return {
      title: titleOf(thread, ordered, channel),
      from: messages[thread[0]!]!.time,
      to: messages[thread.at(-1)!]!.time,
      people: [...new Set(thread.map((index) => messages[index]!.user))],
      messages: thread.length,
      summary: ordered.map((point) => lineOf(point, channel)).join(" "),
      points: ordered.map((point) => pointOf(point, channel)),
    };
  });
}

/** The thread's keyphrase that its statements speak of; else the beginning of the first statement. */
function titleOf(
  thread: readonly number[],
  points: readonly ChosenPoint[],
  { dialogue }: Channel,
): string {
  const phrases = keyphrases(thread.map((index) => dialogue.messages[index]!), { limit: 8 })
    .filter((phrase) => !dialogue.people.has(phrase.toLowerCase()));
  const said = points.map(({ text }) => text).join("\n").toLowerCase();
  const best = phrases.filter((phrase) => said.includes(phrase.toLowerCase())).slice(0, 2);
  if (best.length > 0) return best.join(", ");
  return phrases[0] ?? points[0]!.text.split(/\s+/u).slice(0, 6).join(" ");
}

/** "ann: The payment service is down." */
function lineOf({ text, messages }: ChosenPoint, channel: Channel): string {
  const stop = /[.!?。！？…)]$/u.test(text) ? "" : ".";
  return `${channel.messages[messages[0]!]!.user}: ${text}${stop}`;
}

/** A line a topic, within so many words: the statements that were chosen last are left out first. */
function textOf(
  chosen: readonly ChosenPoint[],
  topics: readonly RecapTopic[],
  channel: Channel,
  words: number,
): string {
  let left = words;
  const lines = new Map<number, { order: number; line: string }[]>();
  for (const point of chosen) {
    const [order] = point.messages;
    const line = lineOf(point, channel);
    const root = channel.dialogue.roots[order!]!;
    const place = topics.findIndex(({ points }) =>
      points.some(({ messages }) => messages[0] === channel.messages[order!]!.id)
    );
    const length = countWords(line) + (lines.has(root) ? 0 : countWords(topics[place]!.title));
    if (length > left) continue;
    left -= length;
    lines.set(root, [...lines.get(root) ?? [], { order: order!, line }]);
  }
  return Array.from(lines, ([root, said]) => {
    const { title } = topics.find(({ points }) =>
      points.some(({ messages }) => channel.messages[said[0]!.order]!.id === messages[0])
    )!;
    const sorted = said.toSorted((a, b) => a.order - b.order).map(({ line }) => line).join(" ");
    return { root, text: `${title}: ${sorted}` };
  }).map(({ text }) => text).join("\n");
}

/** A question that nobody has answered. */
interface OpenQuestion {
  readonly index: number;
  readonly text: string;
  readonly stems: ReadonlySet<string>;
}

function openQuestionOf(index: number, dialogue: Dialogue): OpenQuestion | undefined {
  if (!isOpen(index, dialogue)) return undefined;
  const asked = dialogue.messages[index]!.sentences.filter(({ text }) => isQuestion(text));
  const stems = new Set(asked.flatMap(({ stems }) => stems).filter((stem) => stem !== ""));
  if (stems.size < leastTopics) return undefined;
  return { index, text: asked.map(({ text }) => text).join(" "), stems };
}

/** Whether the later of two questions of a person asks the earlier one again, or goes on with it. */
function asksAgain(later: OpenQuestion, earlier: OpenQuestion, { links }: Dialogue): boolean {
  if (links[later.index] === earlier.index) return true;
  let shared = 0;
  for (const stem of later.stems) if (earlier.stems.has(stem)) shared++;
  return 2 * shared >= later.stems.size;
}

/** Questions about something that nobody else has said anything to; one that is asked again counts once. */
function openQuestions(channel: Channel): RecapPoint[] {
  const { dialogue } = channel;
  const { messages, asks } = dialogue;
  const open: OpenQuestion[] = [];
  const byUser = new Map<string, OpenQuestion[]>();
  for (let index = 0; index < messages.length; index++) {
    const question = asks[index] ? openQuestionOf(index, dialogue) : undefined;
    if (question === undefined) continue;
    const { user } = messages[index]!;
    const before = byUser.get(user) ?? [];
    if (before.some((earlier) => asksAgain(question, earlier, dialogue))) continue;
    byUser.set(user, [...before.slice(-remembered), question]);
    open.push(question);
  }
  return open.slice(-mostOpen).map(({ index, text }) => {
    const messages = citations(index, dialogue);
    return pointOf({ kind: "question", text, who: dialogue.messages[index]!.user, messages }, channel);
  });
}
