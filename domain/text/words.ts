/**
 * Splitting text into words.
 *
 * Unicode's word boundaries (UAX #29, `Intl.Segmenter`) keep "l'avion" whole and take "C++", "c#", "node.js" and URLs
 * apart, and cost six times as much as one regular expression. So a pattern finds words in scripts that separate them,
 * and `Intl.Segmenter` only cuts runs of the scripts that do not (Chinese, Japanese, Thai, Lao, Khmer, Burmese).
 */

/** Stands in a word list where no phrase may run across: punctuation, a link, a mention, an emoji. */
export const BOUNDARY = "";

/** The long vowel mark, its narrow form and 〆 belong to several scripts, and to the words of these. */
const unspaced =
  "\\u30fc\\uff70\\u3006\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}";

/** In order: words (1), runs without spaces (2); else a link, an address, a mention, an emoji name or punctuation. */
const token = new RegExp(
  [
    "(?:https?:\\/\\/|www\\.)[^\\s<>]+|<[@#!][^<>\\s]*>|[\\w.+-]{1,64}@[\\w-]{1,250}\\.[\\w.-]+",
    "(?<![\\p{L}\\p{N}])@[\\p{L}\\p{N}._-]+|(?<![\\p{L}\\p{N}]):(?=[0-9]{0,50}[a-z_+-])[a-z0-9_+-]{1,50}:",
    `((?:(?![${unspaced}])[\\p{L}\\p{N}_])(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}_]|[.'’\\u00ad\\u200b-\\u200d-](?=[\\p{L}\\p{N}]))*(?:\\+\\+|#(?![\\p{L}\\p{N}]))?)`,
    `([${unspaced}]+)`,
    "[^\\s\\p{L}\\p{N}\\p{M}\\p{Cf}*_`~]+",
  ].join("|"),
  "gu",
);

const elided =
  /^(?:(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu|presqu)|(?:un|all|dell|dall|nell|sull|quell))'(?=.)/iu;
const clitic =
  /(?:'(?:s|ll|re|ve|d|m)|-(?:t-)?(?:ils?|elles?|on|je|tu|nous|vous|ce|ci|là|moi|toi|le|la|les|y|en))$/iu;
const number = /^[\p{N}.,]+$/u;
const joint = /['’\u00ad\u200b-\u200d-]/u;
const invisible = /[\u00ad\u200b-\u200d]/gu;

let segmenter: Intl.Segmenter | undefined;

/** Words of a run without spaces, by the dictionaries of ICU. */
function segmentRun(run: string, words: string[]): void {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
  for (const { segment, isWordLike } of segmenter.segment(run)) {
    if (isWordLike) words.push(segment);
  }
}

/** One word with its elided article or clitic taken off: "l'avion" gives "l" and "avion", "John's" gives "John". */
function pushWord(raw: string, words: string[]): void {
  if (!joint.test(raw)) {
    words.push(raw);
    return;
  }
  let word = raw.replace(invisible, "").replaceAll("’", "'");
  const article = elided.exec(word)?.[0];
  if (article !== undefined) {
    words.push(article.slice(0, -1));
    word = word.slice(article.length);
  }
  const bare = word.includes("n't") ? word : word.replace(clitic, "");
  words.push(bare === "" ? word : bare);
}

/**
 * The words of a text in order, as written, with `BOUNDARY` wherever a phrase must end. Numbers are words. Links,
 * mail addresses, mentions (`@name`, `<@U123>`) and emoji names (`:tada:`) are boundaries. Linear in the text's length.
 */
export function tokenize(text: string): string[] {
  const words: string[] = [];
  const hasJoints = joint.test(text);
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[1] !== undefined) hasJoints ? pushWord(match[1], words) : words.push(match[1]);
    else if (match[2] !== undefined) segmentRun(match[2], words);
    else if (words.at(-1) !== BOUNDARY) words.push(BOUNDARY);
  }
  return words;
}

/** Whether a word is written with digits only. */
export function isNumber(word: string): boolean {
  return number.test(word);
}

const piece = new RegExp(`[${unspaced}]+|(?:(?![${unspaced}])\\S)+`, "gu");
/** All blocks with such scripts and some more: cheaper to test than the scripts. */
const unspacedBlocks =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f\ud800-\udbff]/;
const startsUnspaced = new RegExp(`^[${unspaced}]`, "u");

/** The pieces that a word limit counts: runs between white space, and words of the scripts that write none. */
function* countedPieces(text: string): Generator<{ readonly index: number; readonly length: number }> {
  for (const match of text.matchAll(piece)) {
    if (!startsUnspaced.test(match[0])) {
      yield { index: match.index, length: match[0].length };
      continue;
    }
    segmenter ??= new Intl.Segmenter(undefined, { granularity: "word" });
    for (const { index, segment } of segmenter.segment(match[0])) {
      yield { index: match.index + index, length: segment.length };
    }
  }
}

/** How many words a text has for a word limit: runs between white space; in scripts without spaces, dictionary words. */
export function countWords(text: string): number {
  if (!unspacedBlocks.test(text)) return text.match(/\S+/gu)?.length ?? 0;
  let count = 0;
  for (const _ of countedPieces(text)) count++;
  return count;
}

/** The first `limit` words of a text as `countWords` counts them, without what follows. */
export function firstWords(text: string, limit: number): string {
  let end = 0;
  let count = 0;
  for (const { index, length } of countedPieces(text)) {
    if (++count > limit) return text.slice(0, end);
    end = index + length;
  }
  return text;
}
