import * as assert from "../support/assert.ts";
import { joinOrdinals, splitSentences } from "../../domain/text/sentences.ts";
import { BOUNDARY, countWords, firstWords, tokenize } from "../../domain/text/words.ts";

Deno.test("tokenize() splits elided articles and clitics off", () => {
  assert.deepEqual(tokenize("L’avion d'Airbus s'est écrasé"), [
    "L",
    "avion",
    "d",
    "Airbus",
    "s",
    "est",
    "écrasé",
  ]);
  assert.deepEqual(tokenize("dit-il a-t-elle"), ["dit", "a"]);
  assert.deepEqual(tokenize("John's don't aujourd'hui"), ["John", "don't", "aujourd'hui"]);
});

Deno.test("tokenize() keeps names of languages, files and versions whole", () => {
  assert.deepEqual(tokenize("C++ c# node.js 3.5 foo_bar"), ["C++", "c#", "node.js", "3.5", "foo_bar"]);
});

Deno.test("tokenize() makes links, addresses, mentions and emoji names boundaries", () => {
  const words = tokenize("see https://x.example/a?b=c#d ann@x.example <@U123> <#C1|ops> @bob :tada: done");
  assert.deepEqual(words, ["see", BOUNDARY, "done"]);
});

Deno.test("tokenize() takes a time of day for no emoji", () => {
  assert.deepEqual(tokenize("at 10:30:15 sharp").at(-1), "sharp");
});

Deno.test("tokenize() cuts scripts without spaces by dictionary", () => {
  assert.deepEqual(tokenize("今日は天気がいい"), ["今日", "は", "天気", "が", "いい"]);
  assert.ok(tokenize("สวัสดีครับ").length >= 2);
});

Deno.test("tokenize() ignores zero-width characters and soft hyphens inside words", () => {
  assert.deepEqual(tokenize("de\u200bploy soft\u00adware"), ["deploy", "software"]);
});

Deno.test("countWords() counts runs between white space, and dictionary words where there is none", () => {
  assert.equal(countWords("  one two,three\nfour "), 3);
  assert.equal(countWords(""), 0);
  assert.ok(countWords("今日は天気がいい") >= 4);
});

Deno.test("firstWords() cuts after the limit and not before", () => {
  assert.equal(firstWords("one two three", 2), "one two");
  assert.equal(firstWords("one two", 5), "one two");
  assert.equal(firstWords("one two", 0), "");
  assert.equal(countWords(firstWords("今日は天気がいい", 2)), 2);
});

Deno.test("splitSentences() does not end a sentence at an abbreviation or an initial", () => {
  assert.deepEqual(splitSentences("M. Dupont et Dr. Müller sont là. Et vous ?"), [
    "M. Dupont et Dr. Müller sont là.",
    "Et vous ?",
  ]);
  assert.deepEqual(splitSentences("Das geht z.B. so bzw. anders. Gut!"), [
    "Das geht z.B. so bzw. anders.",
    "Gut!",
  ]);
  assert.deepEqual(splitSentences("J. R. Smith wrote it. Really"), ["J. R. Smith wrote it.", "Really"]);
});

Deno.test("splitSentences() ends a sentence before a lower-case letter, at a line break, and after 。", () => {
  assert.deepEqual(splitSentences("i fixed it. now it works"), ["i fixed it.", "now it works"]);
  assert.deepEqual(splitSentences("one\n\ntwo"), ["one", "two"]);
  assert.deepEqual(splitSentences("今日は。明日は。"), ["今日は。", "明日は。"]);
});

Deno.test("joinOrdinals() keeps a German date in one sentence", () => {
  assert.deepEqual(joinOrdinals(splitSentences("Am 3. Oktober ist frei. Schön.")), [
    "Am 3. Oktober ist frei.",
    "Schön.",
  ]);
});

Deno.test("tokenize() keeps Japanese words with long vowels, and words of Chinese, Thai, Arabic and Hebrew, whole", () => {
  const words = (text: string) => tokenize(text).filter((word) => word !== BOUNDARY);
  assert.deepEqual(words("サーバーが落ちました").slice(0, 1), ["サーバー"]);
  assert.ok(words("人々はデータベースのエラーを見た").includes("データベース"));
  assert.deepEqual(words("部署失败了"), ["部署", "失败", "了"]);
  assert.deepEqual(words("สวัสดีครับ").join(""), "สวัสดีครับ");
  assert.deepEqual(words("الخادم معطل"), ["الخادم", "معطل"]);
  assert.deepEqual(words("השרת נפל"), ["השרת", "נפל"]);
});
