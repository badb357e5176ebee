/**
 * Splitting prose into sentences. The rules of UAX #29 (`Intl.Segmenter`) end a sentence after "M.", "Dr." and "bzw.", and
 * not before a lower-case letter, with which half of a chat's sentences begin; these do not (Kiss and Strunk 2006 show
 * that abbreviations are nearly all of the problem).
 */
const abbreviations = new Set(
  `al approx ca cf co corp dept dr ed eds eg e.g est etc ext fig ie i.e inc jr lt ltd mr mrs ms nos op p.ex pp prof resp rev
sen sr st tel u.s vol vs a.m p.m
av bd boul chap env ex hab ibid mgr mlle mm mme réf s.v.p tél éd
abb abs allg art aufl bspw bsp bzgl bzw d.h dipl dt evtl exkl ggf hr fr inkl ing jh kap max mind mio mrd nr o.ä od o.g rd
s.o s.u sog std str u.a u.ä usw u.u v.a verf vgl vorm z.b z.t z.zt zzgl`.split(/\s+/u),
);

const end = /[.!?…]{1,20}["'”’»)\]]{0,5}(?=\s|$)|[。！？]+[」』”]*|\n+/gu;
const lastWord = /[\p{L}\p{N}.]+$/u;

/** Whether the full stop at `index` belongs to an abbreviation or an initial; `lower`: a lower-case letter follows. */
function isAbbreviation(text: string, index: number, lower: boolean): boolean {
  const word = lastWord.exec(text.slice(Math.max(0, index - 20), index))?.[0];
  if (word === undefined) return false;
  if (/^\p{Lu}$/u.test(word)) return true;
  if (/^\p{N}{1,2}$/u.test(word)) return lower;
  const key = word.toLowerCase();
  return abbreviations.has(key) ||
    (lower && /^\p{L}(?:\.\p{L})*$/u.test(word));
}

function endsSentence(text: string, match: RegExpExecArray): boolean {
  const mark = match[0];
  if (mark[0] !== ".") return true;
  const next = text.slice(match.index + mark.length, match.index + mark.length + 10).match(/^\s*(\S)/u)?.[1];
  if (next === undefined || mark.startsWith("...")) {
    return next === undefined || /[\p{Lu}\p{N}"“«<]/u.test(next);
  }
  return !isAbbreviation(text, match.index, /\p{Ll}/u.test(next));
}

/** The sentences of a text in order, trimmed, white space as single spaces, none empty. A line break always ends one. */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  const keep = (until: number) => {
    const sentence = text.slice(start, until).trim().replace(/\s{2,}|[^\S ]/gu, " ");
    if (sentence !== "") sentences.push(sentence);
    start = until;
  };
  end.lastIndex = 0;
  for (let match = end.exec(text); match !== null; match = end.exec(text)) {
    if (endsSentence(text, match)) keep(match.index + match[0].length);
  }
  keep(text.length);
  return sentences;
}

/** German sentences with those put together again that were split after an ordinal: "am 3. Oktober". */
export function joinOrdinals(sentences: readonly string[]): string[] {
  const joined: string[] = [];
  for (const sentence of sentences) {
    const before = joined.at(-1);
    if (before !== undefined && /(?:^|\s)\p{N}{1,2}\.$/u.test(before)) {
      joined[joined.length - 1] = `${before} ${sentence}`;
    } else joined.push(sentence);
  }
  return joined;
}
