/** What programs write, once for each series: "Build #0: SUCCESS" to "Build #7: SUCCESS" is one statement. */
import { isHousekeeping } from "../analysis/markup.ts";
import type { AnalyzedMessage } from "../analysis/message.ts";
import type { Passage } from "../analysis/passages.ts";
import { stem } from "../../text/stems.ts";
import { stopWords } from "../../text/stop_words.ts";
import { BOUNDARY, countWords, firstWords, isNumber, tokenize } from "../../text/words.ts";

/** What a program writes, once however often it does. */
export interface Series extends Passage {
  /** The messages that it stands for: at most five, the last one first. */
  readonly messages: readonly number[];
}

/** What a program says weighs so much of what a person says; a series, from the third on, less with each repetition. */
const weight = 0.1;
const longestShown = 24;
const citedOfSeries = 5;

/** The ways in which people link to one thing: addresses, and names and numbers of tickets. */
const references = [/https?:\S+/gu, /\p{Lu}+-\p{N}+/gu, /(?<=[#/])\p{N}{3,}(?!\p{N})/gu];
const referencesIn = (text: string) => references.flatMap((pattern) => text.match(pattern) ?? []);
/** How many messages before a program's message it may answer. */
const replySpan = 3;

/** Whether a program only answers: a command, or with the title of what somebody has just linked to. */
function isReply(index: number, messages: readonly AnalyzedMessage[]): boolean {
  const { user, text } = messages[index]!;
  const before = messages.slice(Math.max(0, index - replySpan), index).filter((other) => other.user !== user);
  if (before.some((other) => isHousekeeping(other.text))) return true;
  const linked = new Set(before.flatMap((other) => referencesIn(other.text)));
  return linked.size > 0 && referencesIn(text).some((one) => linked.has(one));
}

/** The series of the messages whose kind is "automatic", in the order of their last message. */
export function seriesOf(messages: readonly AnalyzedMessage[]): Series[] {
  const series = new Map<string, number[]>();
  for (const [index, { user, text, kind }] of messages.entries()) {
    if (kind !== "automatic" || isHousekeeping(text) || isReply(index, messages)) continue;
    const key = `${user}\n${text.replace(/https?:\S+/gu, "").replace(/\p{N}+|\b[0-9a-f]{7,40}\b/gu, "#")}`;
    const members = series.get(key);
    if (members === undefined) series.set(key, [index]);
    else members.push(index);
  }
  return [...series.values()].map((members) => {
    const last = members.at(-1)!;
    const shown = firstWords(messages[last]!.text.replace(/\s+/gu, " ").trim(), longestShown);
    const text = members.length === 1 ? shown : `${shown} (${members.length}×)`;
    return {
      ...passageOf(text, last, messages[last]!, members.length),
      messages: members.slice(-citedOfSeries).reverse(),
    };
  });
}

function passageOf(text: string, index: number, { user, language }: AnalyzedMessage, count: number): Passage {
  const words = tokenize(text).map((word) => word.toLowerCase());
  const topics = words.filter((word) =>
    word !== BOUNDARY && word.length > 1 && !isNumber(word) && !stopWords(language).has(word)
  );
  return {
    message: index,
    sentence: 0,
    user,
    language,
    text,
    length: countWords(text),
    stems: [...new Set(topics.map((word) => stem(word, language)))],
    isQuestion: false,
    factors: 1,
    factor: () => weight / Math.max(1, count - 1),
  };
}
