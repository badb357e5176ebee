/**
 * Splitting prose into sentences. The rules of UAX #29 (`Intl.Segmenter`) end a sentence after "M.", "Dr." and "bzw.", and
 * not before a lower-case letter, with which half of a chat's sentences begin; these do not (Kiss and Strunk 2006 show
 * that abbreviations are nearly all of the problem).
 */
import type { Language } from "./language.ts";

const anywhere =
  "al approx ca cf co corp dept dr ed eds eg e.g est etc ext fig ie i.e inc jr lt ltd mr mrs ms no nos op p.ex pp prof resp rev sen sr st tel u.s vol vs a.m p.m e.t.c";
const byLanguage: Readonly<Record<string, string>> = {
  fr:
    "art av bd boul cf chap env etc ex fig hab ibid m me mgr mlle mm mme p.ex pr p réf s.v.p tél vol dir éd max min",
  de:
    "abb abs allg art aufl bd bspw bsp bzgl bzw ca d.h dipl dt etc evtl exkl fr ggf hr inkl ing jh kap lt max mind min mio mrd nr o.ä od o.g prof rd s.o s.u sog std str tel u.a u.ä usw u.u v.a verf vgl vorm z.b z.t z.zt zzgl u d z",
};
const common = new Set(anywhere.split(" "));
const specific = new Map(
  Object.entries(byLanguage).map(([language, list]) => [language, new Set(list.split(" "))]),
);

const end = /[.!?…]+["'”’»)\]]*(?=\s|$)|[。！？]+[」』”]*|\n+/gu;
const lastWord = /[\p{L}\p{N}.]+$/u;

/** Whether the full stop at `index` belongs to an abbreviation, an initial or a German ordinal ("3. Oktober"). */
function isAbbreviation(text: string, index: number, language: Language, lower: boolean): boolean {
  const word = lastWord.exec(text.slice(Math.max(0, index - 20), index))?.[0];
  if (word === undefined) return false;
  if (/^\p{Lu}$/u.test(word)) return true;
  if (/^\p{N}{1,2}$/u.test(word)) return language === "de" || lower;
  const key = word.toLowerCase();
  return common.has(key) || specific.get(language)?.has(key) === true ||
    (lower && /^\p{L}(?:\.\p{L})*$/u.test(word));
}

function endsSentence(text: string, match: RegExpExecArray, language: Language): boolean {
  const mark = match[0];
  if (mark[0] !== ".") return true;
  const next = text.slice(match.index + mark.length, match.index + mark.length + 10).match(/^\s*(\S)/u)?.[1];
  if (next === undefined || mark.startsWith("...")) {
    return next === undefined || /[\p{Lu}\p{N}"“«<]/u.test(next);
  }
  return !isAbbreviation(text, match.index, language, /\p{Ll}/u.test(next));
}

/**
 * The sentences of a text in order, trimmed, white space as single spaces, none empty. A line break always ends one.
 * `language` decides which abbreviations do not.
 */
export function splitSentences(text: string, language: Language): string[] {
  const sentences: string[] = [];
  let start = 0;
  const keep = (until: number) => {
    const sentence = text.slice(start, until).replace(/\s+/gu, " ").trim();
    if (sentence !== "") sentences.push(sentence);
    start = until;
  };
  end.lastIndex = 0;
  for (let match = end.exec(text); match !== null; match = end.exec(text)) {
    if (endsSentence(text, match, language)) keep(match.index + match[0].length);
  }
  keep(text.length);
  return sentences;
}
