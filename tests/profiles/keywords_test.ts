import { deepEqual, equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

/** What people write of themselves, with words that must be keywords, and words that must not. */
const TEXTS: readonly (readonly [text: string, keywords: readonly string[], others: readonly string[]])[] = [
  ["コーヒーとジャズが好きなサーバーエンジニアです。", ["コーヒー", "ジャズ", "サーバー", "エンジニア"], [
    "と",
    "が",
    "です",
  ]],
  ["私は東京に住んでいて写真を撮るのが好きです", ["東京", "写真"], ["私", "は", "を"]],
  ["我喜欢咖啡和摄影，住在上海。", ["咖啡", "摄影", "上海"], ["我", "和"]],
  ["ฉันชอบกาแฟและดนตรี", ["กาแฟ", "ดนตรี"], ["และ"]],
  ["나는 커피와 음악을 좋아합니다", ["커피와", "음악을"], []],
  ["ខ្ញុំចូលចិត្តតន្ត្រី", ["តន្ត្រី"], []],
  ["日本語とEnglishとC++、「寿司」！？🍣ラーメン ２０２６年", [
    "日本語",
    "english",
    "c++",
    "寿司",
    "ラーメン",
  ], [
    "2026",
    "🍣",
  ]],
  ["ｺｰﾋｰ と ＪＡＺＺ", ["コーヒー", "jazz"], ["ｺｰﾋｰ"]],
];

testOnBothEngines("keywords of scripts that write no spaces are words", async (app) => {
  for (const [i, [description, keywords, others]] of TEXTS.entries()) {
    equal((await app.send("PUT", `/profile/a/${i}`, { twitter: { description } })).status, 200);
    const found = new Set((await (await app.request(`/profile/a/${i}`)).json()).keywords);
    deepEqual(keywords.filter((word) => !found.has(word)), [], description);
    deepEqual(others.filter((word) => found.has(word)), [], description);
    equal(found.has(description), false, "a sentence is no keyword");
  }
});

testOnBothEngines(
  "long texts without a space are cut into words, and a word that is too long is none",
  async (app) => {
    const texts = ["東京の写真と音楽".repeat(2_000), "あ".repeat(20_000), "x".repeat(20_000), "\ud800写真"];
    for (const description of texts) {
      equal((await app.send("PUT", "/profile/a/long", { facebook: { bio: description } })).status, 200);
      const { keywords } = await (await app.request("/profile/a/long")).json();
      equal(keywords.every((word: string) => word.length <= 100), true, keywords.join());
    }
    deepEqual((await (await app.request("/profile/a/long")).json()).keywords, ["写真"]);
  },
);
