import * as assert from "../support/assert.ts";
import {
  type AnalyzedMessage,
  analyzeMessage,
  analyzeMessages,
  type MessageKind,
} from "../../domain/conversations/analysis/mod.ts";
import { automaticUsers } from "../../domain/conversations/analysis/automatic.ts";

const said = (text: string, user = "ann") => analyzeMessage({ user, text });
const shown = ({ sentences }: AnalyzedMessage) => sentences.map(({ text }) => text);
const topics = ({ sentences }: AnalyzedMessage) => sentences.flatMap(({ stems }) => stems).filter(Boolean);

const inLanguage: Record<string, readonly string[]> = {
  en: [
    "The deploy failed again this morning",
    "who is looking at the database?",
    "I think we should roll back",
  ],
  fr: ["Le serveur est tombé ce matin", "qui s'occupe de la base de données ?", "on en parle à la réunion"],
  de: [
    "Der Server ist heute Morgen ausgefallen",
    "wer kümmert sich um die Datenbank?",
    "das machen wir nach dem Mittag",
  ],
  es: ["el servidor no funciona desde esta mañana y no sabemos por qué"],
  ja: ["今日はサーバーが落ちています"],
  ru: ["сервер упал сегодня утром"],
  ar: ["الخادم لا يعمل هذا الصباح"],
};

Deno.test("analyzeMessage() identifies the language of a short message", () => {
  for (const [language, texts] of Object.entries(inLanguage)) {
    for (const text of texts) assert.equal(analyzeMessage({ user: "a", text }).language, language, text);
  }
});

Deno.test("analyzeMessage() falls back on the channel's language where a message tells nothing", () => {
  assert.equal(analyzeMessage({ user: "a", text: "Kubernetes" }, "de").language, "de");
});

Deno.test("analyzeMessages() gives undecided messages the language of the others", () => {
  const messages = ["Le serveur est en panne", "Qui peut regarder les journaux ?", "Kubernetes"];
  const languages = analyzeMessages(messages.map((text) => ({ user: "a", text }))).map(({ language }) =>
    language
  );
  assert.deepEqual(languages, ["fr", "fr", "fr"]);
});

const kinds: readonly (readonly [MessageKind, string])[] = [
  ["empty", ""],
  ["empty", "   \n\t "],
  ["empty", "🎉🎉🎉"],
  ["empty", "\u200b\u200b"],
  ["courtesy", "ok"],
  ["courtesy", "Hello!"],
  ["courtesy", "merci :tada:"],
  ["courtesy", "hmmm"],
  ["courtesy", "<@U123>"],
  ["courtesy", "https://example.org/a"],
  ["code", "```\nconst a = 1;\n```"],
  [
    "log",
    "2024-05-01 10:00:00 ERROR boom at module\n2024-05-01 10:00:01 ERROR boom\n2024-05-01 10:00:02 ERROR x",
  ],
  ["automatic", "/giphy cats"],
  ["automatic", "<@U123> has joined the channel"],
  ["prose", "Deploy failed"],
];

Deno.test("analyzeMessage() tells what is said from greetings, code, logs and commands", () => {
  for (const [kind, text] of kinds) assert.equal(said(text).kind, kind, JSON.stringify(text));
});

Deno.test("analyzeMessage() takes messages of bots for automatic", () => {
  for (const user of ["build-bot", "dependabot[bot]", "slackbot", "GitBot"]) {
    assert.equal(said("The build is broken", user).kind, "automatic", user);
  }
  assert.equal(said("The build is broken", "Abbott").kind, "prose");
});

Deno.test("analyzeMessage() leaves out quotes, signatures and fenced code", () => {
  const text = [
    "On Monday Bob wrote:",
    "> the old plan was better",
    "The new plan is cheaper.",
    "```",
    "rm -rf build",
    "```",
    "Best regards,",
    "Ann Lee",
    "Example Inc., Main Street",
  ].join("\n");
  assert.deepEqual(shown(said(text)).slice(0, 1), ["The new plan is cheaper."]);
  const all = shown(said(text)).join(" ");
  for (const gone of ["older", "rm -rf", "Example Inc.", "old plan"]) assert.ok(!all.includes(gone), gone);
});

Deno.test("analyzeMessage() cuts a signature behind a closing formula on one line", () => {
  const text =
    "The certificate of the mail server expires on Friday, so I will renew it. Kind regards, Ann Lee Example Inc.";
  assert.deepEqual(shown(said(text)), [
    "The certificate of the mail server expires on Friday, so I will renew it.",
  ]);
});

Deno.test("analyzeMessage() has neither mentions, links, emoji names nor fillers among the topics", () => {
  const stems = topics(
    said("hey <@U123> @bob please restart :rocket: the proxy, see https://status.example.org lol"),
  );
  assert.deepEqual(stems, ["restart", "proxi"]);
});

Deno.test("analyzeMessage() gives inflected words one stem in each language", () => {
  assert.deepEqual(topics(said("The servers crashed")), topics(said("the server crashes")));
  assert.equal(topics(said("Les serveurs sont tombés"))[0], topics(said("le serveur est là"))[0]);
  assert.equal(topics(said("Die Datenbanken sind weg"))[0], topics(said("die Datenbank ist da"))[0]);
});

Deno.test("analyzeMessage() reads a bounded part of a message of a megabyte", () => {
  for (
    const text of [
      "x".repeat(1 << 20),
      "word ".repeat(1 << 18),
      "\n".repeat(1 << 20),
      ">".repeat(1 << 20),
      "`".repeat(1 << 20),
    ]
  ) {
    const { sentences } = said(text);
    assert.ok(sentences.reduce((sum, sentence) => sum + sentence.text.length, 0) <= 20_000);
  }
});

Deno.test("analyzeMessage() returns a plain value that survives being stored as JSON", () => {
  const analyzed = said("The deploy failed. Who can help?");
  assert.deepEqual(JSON.parse(JSON.stringify(analyzed)), analyzed);
});

Deno.test("automaticUsers() finds who always writes behind a label, and nobody who talks or addresses people", () => {
  const by = (user: string, texts: readonly string[]) => texts.map((text) => ({ user, text }));
  const messages = analyzeMessages([
    ...by("ci", ["[web] built", "[web] failed", "[web] built", "[web] built", "[web] deployed"]),
    ...by("review", [
      "New patch: a",
      "Change merged: a",
      "New patch: b",
      "New patch: c",
      "Change merged: b",
      "Change merged: c",
    ]),
    ...by("ann", ["I think so", "I do", "I will go", "I see it", "I am back"]),
    ...by("eve", ["bob: yes it is", "bob: no", "bob: maybe", "bob: go on", "bob: fine then"]),
    ...by("kim", ["bob : yes", "bob : no", "bob : maybe", "eve : go on", "eve : fine", "eve : or not"]),
  ]);
  assert.deepEqual([...automaticUsers(messages)], ["ci", "review"]);
});
