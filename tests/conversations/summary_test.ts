import * as assert from "../support/assert.ts";
import fc from "fast-check";
import {
  analyzeMessages,
  type Message,
  rankSentences,
  representativeMessages,
  summarize,
} from "../../domain/conversations/analysis/mod.ts";
import { countWords } from "../../domain/text/words.ts";

const chat = (lines: readonly string[]): Message[] =>
  lines.map((line) => {
    const colon = line.indexOf(":");
    return { user: line.slice(0, colon), text: line.slice(colon + 1).trim() };
  });

const outage = chat([
  "ann: Good morning!",
  "bob: morning",
  "ann: The payment service has been down since eight, customers cannot check out.",
  "bob: Do we know what broke the payment service?",
  "cat: The certificate of the payment gateway expired last night.",
  "dan: ok",
  "bob: https://status.example.org",
  "cat: I am renewing the certificate of the gateway now, it takes ten minutes.",
  "eve: Lunch at noon?",
  "ann: :+1:",
  "cat: The new certificate is installed and payments work again.",
  "ann: thanks!",
]);

Deno.test("representativeMessages() chooses what the day was about and no greetings, links or one-word answers", () => {
  const chosen = representativeMessages(analyzeMessages(outage), { limit: 3 });
  assert.equal(chosen.length, 3);
  for (const index of chosen) assert.match(outage[index]!.text, /payment|certificate/u);
  for (const index of representativeMessages(analyzeMessages(outage), { limit: 12 })) {
    assert.doesNotMatch(outage[index]!.text, /morning|^ok$|https|:\+1:|thanks/iu);
  }
});

Deno.test("representativeMessages() says news that five people report once", () => {
  const news = ["ann", "bob", "cat", "dan", "eve"].map((user) =>
    `${user}: The office in Lyon closes on Friday at noon`
  );
  const lines = [...news, "fay: The new coffee machine in the kitchen needs water filters", ...news];
  const chosen = representativeMessages(analyzeMessages(chat(lines)), { limit: 2 });
  const texts = chosen.map((index) => chat(lines)[index]!.text);
  assert.equal(new Set(texts).size, 2);
});

Deno.test("representativeMessages() prefers a question's answer to an equal message elsewhere", () => {
  const lines = [
    "ann: Which printer works on the second floor today?",
    "bob: Only the small grey machine beside the stairs does.",
    "cat: Nobody has any plans for the garden party yet.",
    "dan: Somebody should water all the plants in here.",
  ];
  const chosen = representativeMessages(analyzeMessages(chat(lines)), { limit: 2 });
  assert.deepEqual(chosen, [0, 1]);
});

Deno.test("summarize() names each speaker once a turn, in the order things were written", () => {
  const { text, turns } = summarize(analyzeMessages(outage), { words: 60 });
  assert.match(text, /^ann: The payment service has been down/u);
  assert.ok(text.indexOf("expired last night") < text.indexOf("payments work again"), text);
  assert.deepEqual(
    turns.map(({ message }) => message),
    turns.map(({ message }) => message).toSorted((a, b) => a - b),
  );
  assert.doesNotMatch(text, /morning|https|thanks/iu);
});

Deno.test("summarize() ends turns with a full stop, and leaves out whom they address", () => {
  const { text } = summarize(analyzeMessages(chat([
    "ann: bob: the proxy drops every second connection",
    "bob: ann, the proxy has too few workers configured",
  ])));
  assert.equal(
    text,
    "ann: the proxy drops every second connection. bob: the proxy has too few workers configured.",
  );
});

Deno.test("summarize() works in French and German", () => {
  const french = summarize(analyzeMessages(chat([
    "luc: Salut tout le monde",
    "luc: Le serveur de paiement est tombé ce matin à huit heures.",
    "zoé: Le certificat du serveur de paiement avait expiré cette nuit.",
    "luc: ok merci",
  ]))).text;
  assert.match(french, /serveur de paiement/u);
  assert.doesNotMatch(french, /Salut|merci/u);
  const german = summarize(analyzeMessages(chat([
    "uwe: Moin",
    "uwe: Der Zahlungsdienst ist seit acht Uhr ausgefallen, weil das Zertifikat abgelaufen ist.",
    "eva: Das neue Zertifikat für den Zahlungsdienst ist bestellt.",
    "uwe: danke!",
  ]))).text;
  assert.match(german, /Zertifikat/u);
  assert.doesNotMatch(german, /Moin|danke/u);
});

Deno.test("summarize() cuts a sentence where none is short enough", () => {
  const long = `The ${"very long and winding report about the harbour ".repeat(30)}ends here`;
  const { text } = summarize(analyzeMessages([{ user: "ann", text: long }]), { words: 20 });
  assert.equal(countWords(text), 20);
  assert.ok(`ann: ${long}`.startsWith(text.replace(/\.$/u, "")));
});

Deno.test("summarize() is empty where nothing is said", () => {
  for (const lines of [[], ["ann: hi", "bob: 🎉", "cat: ok", "dan: https://a.example"], ["ann: "]]) {
    assert.deepEqual(summarize(analyzeMessages(chat(lines))), { text: "", turns: [] });
    assert.deepEqual(representativeMessages(analyzeMessages(chat(lines))), []);
  }
});

Deno.test("rankSentences() gives positions of different sentences, the weightiest first", () => {
  const analyzed = analyzeMessages(outage);
  const ranked = rankSentences(analyzed, { limit: 20 });
  assert.equal(new Set(ranked.map(({ message, sentence }) => `${message}.${sentence}`)).size, ranked.length);
  const { message, sentence } = ranked[0]!;
  assert.match(analyzed[message]!.sentences[sentence]!.text, /payment|certificate/u);
});

const hostile: readonly string[] = [
  "",
  "🎉 👩‍👩‍👧‍👦 :tada:",
  "x".repeat(1 << 20),
  "x+".repeat(1 << 19),
  `${".".repeat(50_000)}x`,
  `:${"a".repeat(50_000)}`,
  "מה שלומך היום? השרת נפל הבוקר.",
  "\u200b\u200d\ufeff",
  "\u202eabc def\u202c ghi",
  "\ud800 lone surrogate",
  "```\nonly code();\n```",
  "> only a quote",
  "-- \nonly a signature",
  "constructor __proto__ toString hasOwnProperty",
  "ab".repeat(30_000) + " " + "cd ".repeat(10_000),
];

Deno.test("summarize() survives hostile messages", () => {
  const analyzed = analyzeMessages(hostile.map((text) => ({ user: "__proto__", text })));
  assert.ok(countWords(summarize(analyzed, { words: 50 }).text) <= 50);
  for (const index of representativeMessages(analyzed)) assert.ok(index >= 0 && index < hostile.length);
});

const anyWord = fc.oneof(
  fc.constantFrom(
    "deploy",
    "server",
    "the",
    "is",
    "and",
    "?",
    "database",
    "le",
    "der",
    "https://a.example",
    "ok",
    "🎉",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const anyText = fc.array(anyWord, { maxLength: 40 }).map((words) => words.join(" "));
const anyConversation = fc.array(
  fc.record({ user: fc.constantFrom("ann", "bob", "cat lee", ""), text: anyText }),
  { maxLength: 20 },
);
const fixed = { seed: 20240501, numRuns: 200 };

Deno.test("summarize() never passes the word limit, and says only what was said, in order", () => {
  const property = fc.property(anyConversation, fc.integer({ min: 1, max: 120 }), (messages, words) => {
    const { text, turns } = summarize(analyzeMessages(messages), { words });
    assert.ok(countWords(text) <= words, text);
    for (const [index, turn] of turns.entries()) {
      const { user, text: written } = messages[turn.message]!;
      assert.equal(turn.user, user);
      assert.ok(written.replace(/\s+/gu, " ").includes(turn.text), turn.text);
      assert.ok(index === 0 || turn.message >= turns[index - 1]!.message);
    }
  });
  fc.assert(property, fixed);
});

Deno.test("representativeMessages() gives ascending indexes within the limit, the same each time", () => {
  const property = fc.property(anyConversation, fc.integer({ min: 1, max: 8 }), (messages, limit) => {
    const chosen = representativeMessages(analyzeMessages(messages), { limit });
    assert.ok(chosen.length <= limit);
    assert.deepEqual(chosen, [...new Set(chosen)].sort((a, b) => a - b));
    assert.ok(chosen.every((index) => index in messages));
    assert.deepEqual(representativeMessages(analyzeMessages(messages), { limit }), chosen);
  });
  fc.assert(property, fixed);
});
