/** What programs write, once for each series: "Build #0: SUCCESS" to "Build #7: SUCCESS" is one statement. */
import { isHousekeeping } from "../analysis/markup.ts";
import type { AnalyzedMessage } from "../analysis/message.ts";
import type { Passage } from "../analysis/passages.ts";
import { stem } from "../../text/stems.ts";
import { stopWords } from "../../text/stop_words.ts";
import { BOUNDARY, countWords, firstWords, isNumber, tokenize } from "../../text/words.ts";

/** A series as a passage that may be chosen, and the messages it stands for: at most five, the last one first. */
export interface Series {
  readonly passage: Passage;
  readonly messages: readonly number[];
}

/** What a program says weighs so much of what a person says; a series, from the third on, less with each repetition. */
const weight = 0.12;
const longestShown = 24;
const citedOfSeries = 5;

/** The series of the messages whose kind is "automatic", in the order of their last message. */
export function seriesPassages(messages: readonly AnalyzedMessage[]): Series[] {
  const series = new Map<string, number[]>();
  for (const [index, { user, text, kind }] of messages.entries()) {
    if (kind !== "automatic" || isHousekeeping(text)) continue;
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
      passage: passageOf(text, last, messages[last]!, members.length),
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
    text,
    length: countWords(text),
    stems: [...new Set(topics.map((word) => stem(word, language)))],
    isQuestion: false,
    quality: () => weight / Math.max(1, count - 1),
  };
}
