import * as assert from "../support/assert.ts";
import fc from "fast-check";
import {
  addFrequencies,
  analyzeMessages,
  hotTopics,
  keyphrases,
  type PhraseFrequencies,
  phraseFrequencies,
} from "../../domain/conversations/analysis/mod.ts";

const analyzed = (texts: readonly string[]) =>
  analyzeMessages(texts.map((text, index) => ({ user: `user${index % 3}`, text })));
const never: PhraseFrequencies = { messages: 0, counts: new Map() };

const usualDay = [
  "The build server is slow again",
  "restarting the build server",
  "build server is back",
  "who broke the build server?",
  "the printer has no paper",
];

Deno.test("hotTopics() prefers what is unusual today to what is always talked about", () => {
  const usual = addFrequencies(Array.from({ length: 10 }, () => phraseFrequencies(analyzed(usualDay))));
  const today = analyzed([
    ...usualDay,
    "the payment gateway rejects every card",
    "is the payment gateway down for you, too?",
    "payment gateway works again",
  ]);
  const topics = hotTopics(today, usual);
  assert.equal(topics[0], "payment gateway");
  assert.ok(topics.indexOf("build server") !== 0);
});

Deno.test("hotTopics() needs two messages, and takes no mention, link, emoji, filler or user name", () => {
  const texts = [
    "user1 lol <@U77> :tada: https://a.example/migration the migration starts",
    "user1 lol <@U77> :tada: https://a.example/migration the migration is over",
    "one lonely zeppelin",
  ];
  assert.deepEqual(hotTopics(analyzed(texts), never).map((topic) => topic.toLowerCase()).slice(0, 1), [
    "migration",
  ]);
  const all = hotTopics(analyzed(texts), never).join(" ");
  for (const none of ["user1", "lol", "U77", "tada", "example", "zeppelin"]) {
    assert.ok(!all.includes(none), `${none}: ${all}`);
  }
});

Deno.test("hotTopics() writes phrases as people do", () => {
  const texts = [
    "Airbus delivers the first plane",
    "the Airbus plane is here",
    "NASA likes the plane of Airbus",
    "NASA called",
  ];
  const topics = hotTopics(analyzed(texts), never);
  assert.ok(topics.includes("Airbus") && topics.includes("NASA"), topics.join());
});

Deno.test("hotTopics() works in French and German", () => {
  const french = [
    "La fusée a décollé ce matin",
    "on a vu la fusée hier soir",
    "quelle belle fusée pour nous",
  ];
  assert.equal(hotTopics(analyzed(french), never)[0], "fusée");
  const german = [
    "Die Datenbanken sind langsam",
    "wer kennt diese Datenbank?",
    "ich sehe mir die Datenbank an",
  ];
  assert.equal(hotTopics(analyzed(german), never)[0], "Datenbank");
});

Deno.test("hotTopics() is empty without messages", () => {
  assert.deepEqual(hotTopics([], never), []);
});

Deno.test("keyphrases() puts what a text is about first, whole phrases instead of their parts", () => {
  const text =
    "How does a solar panel work? A solar panel turns light into current. Which solar panel fits my roof?";
  const phrases = keyphrases(analyzed([text]));
  assert.equal(phrases[0], "solar panel");
  assert.ok(!phrases.includes("solar") && !phrases.includes("panel"), phrases.join());
});

Deno.test("keyphrases() counts what is common elsewhere for less", () => {
  const documents = ["bridge ticket", "ferry ticket", "tunnel ticket", "tram ticket"].map((text) =>
    analyzed([`the ${text.replace(" ", " and the ")}`])
  );
  const background = addFrequencies(documents.map((one) => phraseFrequencies(one)));
  assert.deepEqual(keyphrases(documents[1]!, { background, limit: 1 }), ["ferry"]);
});

Deno.test("phraseFrequencies() counts messages, not occurrences, and leaves out the rare when asked", () => {
  const { messages, counts } = phraseFrequencies(analyzed(["cat cat. cat", "the cat and the dog", ""]));
  assert.equal(messages, 3);
  assert.equal(counts.get("cat"), 2);
  assert.equal(counts.get("dog"), 1);
  const rare = phraseFrequencies(analyzed(["cat", "cat and dog"]), { atLeast: 2 }).counts;
  assert.deepEqual([...rare], [["cat", 2]]);
});

Deno.test("addFrequencies() of parts equals phraseFrequencies() of the whole", () => {
  const word = fc.constantFrom("cat", "dog", "server", "the", "is", ",");
  const texts = fc.array(fc.array(word, { maxLength: 8 }).map((words) => words.join(" ")), { maxLength: 12 });
  const property = fc.property(texts, fc.nat(12), (all, cut) => {
    const messages = analyzed(all);
    const parts = [messages.slice(0, cut), messages.slice(cut)].map((part) => phraseFrequencies(part));
    const [sum, whole] = [addFrequencies(parts), phraseFrequencies(messages)];
    assert.equal(sum.messages, whole.messages);
    assert.deepEqual([...sum.counts].sort(), [...whole.counts].sort());
  });
  fc.assert(property, { seed: 20240501, numRuns: 100 });
});

Deno.test("hotTopics() gives at most ten different phrases of the day's own words", () => {
  const text = fc.array(fc.constantFrom("cat", "dog", "server", "API", "the", "is", ".", "🎉"), {
    maxLength: 10,
  });
  const property = fc.property(fc.array(text.map((words) => words.join(" ")), { maxLength: 30 }), (texts) => {
    const topics = hotTopics(analyzed(texts), never);
    assert.ok(topics.length <= 10);
    assert.equal(new Set(topics).size, topics.length);
    const spoken = texts.join(" ").toLowerCase();
    for (const topic of topics) assert.ok(spoken.includes(topic.toLowerCase()), topic);
  });
  fc.assert(property, { seed: 20240501, numRuns: 100 });
});

Deno.test("hotTopics() has it among the first three that four people say that a service is down", () => {
  const usual = addFrequencies(Array.from({ length: 10 }, () => phraseFrequencies(analyzed(usualDay))));
  const day = [
    ...usualDay.map((text, index) => ({ user: `user${index % 3}`, text })),
    ...[
      "the new parser needs a parser test",
      "parser test fails",
      "parser test again",
      "my parser test works",
      "parser test done",
    ]
      .map((text) => ({ user: "ann", text })),
    ...[
      "is github down for you, too?",
      "github is down here",
      "yes, github seems down",
      "github down since ten",
    ]
      .map((text, index) => ({ user: `person${index}`, text })),
  ];
  const topics = hotTopics(analyzeMessages(day), usual);
  assert.ok(topics.slice(0, 3).some((topic) => topic.includes("github")), topics.join());
});

Deno.test("hotTopics() takes no day and no particle for a topic, and no program's words", () => {
  const day = [
    ...["gestern war der Export kaputt", "heute geht der Export wieder", "gestern und heute: Export"]
      .map((text, index) => ({ user: `user${index}`, text })),
    ...["サーバーが落ちたって", "サーバーはそうですね", "またサーバーって"].map((text, index) => ({
      user: `人${index}`,
      text,
    })),
    ...["[ALERTE] api : taux 41 %", "[ALERTE] api : taux 43 %"].map((text) => ({ user: "statusbot", text })),
  ];
  const topics = hotTopics(analyzeMessages(day), never);
  assert.ok(topics.includes("サーバー") && topics.includes("Export"), topics.join());
  for (const none of ["gestern", "heute", "って", "そう", "ALERTE", "taux"]) {
    assert.ok(!topics.includes(none), `${none}: ${topics.join()}`);
  }
});
