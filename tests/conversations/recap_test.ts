import * as assert from "../support/assert.ts";
import { type ChannelMessage, recapOf, type RecapPoint } from "../../domain/conversations/recap/mod.ts";
import { countWords } from "../../domain/text/words.ts";

type Said = readonly [user: string, text: string, more?: Partial<ChannelMessage>];

const channel = (said: readonly Said[]): ChannelMessage[] =>
  said.map(([user, text, more], index) => ({ id: `m${index}`, user, text, time: index * 60_000, ...more }));

const pointsOf = (said: readonly Said[], words = 200): RecapPoint[] =>
  recapOf(channel(said), { words }).topics.flatMap(({ points }) => [...points]);

const incident: Said[] = [
  ["camille", "Bonjour à tous"],
  ["camille", "Depuis 9h10 les paiements par carte échouent, on voit 40 % d'erreurs 502 sur l'API paiement"],
  ["hugo", "le pool de connexions vers db-pay-2 est saturé"],
  ["julien", "je lance le retour arrière vers la version 4.11"],
  ["camille", "les erreurs retombent, 0,2 % à 9h45, la version 4.11 est en place"],
  ["camille", "Décision : on gèle les déploiements du service paiement jusqu'à jeudi"],
  ["julien", "ok, j'ajoute un test de fuite de connexions avant demain midi"],
  ["camille", "merci à tous"],
];

Deno.test("recapOf() says what happened, was decided and promised, by whom and by when", () => {
  const recap = recapOf(channel(incident));
  const points = recap.topics.flatMap(({ points }) => points);
  const kindOf = (part: string) => points.find(({ text }) => text.includes(part))?.kind;
  assert.equal(kindOf("gèle"), "decision");
  assert.equal(kindOf("échouent"), "event");
  assert.deepEqual(recap.actions.map(({ who, due }) => [who, due]).at(-1), ["julien", "avant demain midi"]);
  assert.ok(points.every(({ messages }) => messages.length >= 1 && messages.length <= 5));
  assert.equal(points.find(({ text }) => text.includes("gèle"))?.messages[0], "m5");
});

Deno.test("recapOf() stays within its words, however few", () => {
  for (const words of [0, 5, 20, 60]) {
    const recap = recapOf(channel(incident), { words });
    const said = recap.topics.flatMap(({ points }) => points.map(({ text }) => text)).join(" ");
    assert.ok(countWords(said) <= words, `${words}: ${said}`);
    assert.ok(countWords(recap.text) <= words, `${words}: ${recap.text}`);
  }
});

Deno.test("recapOf() says nothing of an empty channel, and is the same each time", () => {
  assert.deepEqual(recapOf([]), { topics: [], open_questions: [], actions: [], text: "" });
  assert.deepEqual(recapOf(channel(incident)), recapOf(channel(incident)));
});

Deno.test("recapOf() keeps a question that nobody answers open, and one that is answered not", () => {
  const { open_questions } = recapOf(channel([
    ["ann", "which port does the staging database listen on?"],
    ["bob", "ann: it listens on 5433"],
    ["carl", "who can review the pull request of the exporter?"],
    ["carl", "nobody for the pull request of the exporter?"],
  ]));
  assert.deepEqual(open_questions.map(({ who, messages }) => [who, messages[0]]), [["carl", "m2"]]);
});

Deno.test("recapOf() says once what is said twice, and a program's series once", () => {
  const points = pointsOf([
    ...Array.from({ length: 8 }, (_, index): Said => ["ci", `Build #${index}: SUCCESS`, { bot: true }]),
    ["ann", "The nightly backup of the customer database failed again"],
    ["bob", "I restart the search cluster after lunch"],
    ["carl", "The nightly backup of the customer database failed again"],
  ]);
  assert.equal(points.filter(({ text }) => text.includes("backup")).length, 1);
  assert.ok(points.filter(({ text }) => text.startsWith("Build")).length <= 1);
});

Deno.test("recapOf() takes no greeting in ten languages", () => {
  const greetings = [
    "Good morning everybody!",
    "Bonjour à tous",
    "Guten Morgen zusammen",
    "Buenos días a todos",
    "Buongiorno a tutti",
    "Bom dia a todos",
    "Goedemorgen allemaal",
    "God morgon allihopa",
    "おはようございます",
    "大家好",
  ];
  const said = greetings.map((text, index): Said => [`user${index}`, text]);
  const points = pointsOf([...said, ["ann", "The release of version 2.4 is postponed until Thursday"]]);
  assert.deepEqual(points.map(({ who }) => who), ["ann"]);
});

Deno.test("recapOf() puts first that a service is down when four people say so", () => {
  const recap = recapOf(channel([
    ["ann", "The new carpet in the office is blue"],
    ["bob", "is github down for you, too?"],
    ["carl", "yes, github is down here"],
    ["dora", "github is down, I cannot push"],
    ["ann", "We could have lunch at the market today"],
    ["emil", "github down as well in our office"],
    ["bob", "The printer on the second floor has no paper"],
  ]));
  assert.match(recap.topics[0]!.summary, /github/i);
});

Deno.test("recapOf() puts a question and its short answer together, and says the answer once", () => {
  const points = pointsOf([
    ["paul", "quelqu'un sait pourquoi mon environnement de recette est vide ?"],
    ["sophie", "c'est la purge mensuelle, elle a tourné dimanche."],
    ["nadia", "bon appétit"],
    ["nadia", "la page d'état montre un bandeau rouge depuis midi"],
  ]);
  const answer = points.find(({ kind }) => kind === "answer");
  assert.equal(
    answer?.text,
    "quelqu'un sait pourquoi mon environnement de recette est vide ? sophie: c'est la purge mensuelle, elle a tourné dimanche.",
  );
  assert.deepEqual(answer?.messages.slice(0, 2), ["m0", "m1"]);
  assert.equal(points.filter(({ text }) => text.includes("purge")).length, 1);
});

Deno.test("recapOf() says a short sentence that two people write once", () => {
  const points = pointsOf([
    ["ann", "The deployment failed."],
    ["bob", "Lunch at the market was cheaper than yesterday"],
    ["carl", "The deployment failed."],
  ]);
  assert.equal(points.filter(({ text }) => text.includes("deployment")).length, 1);
});

Deno.test("recapOf() names who was asked to do something, not who asked", () => {
  const { actions } = recapOf(channel([
    ["lena", "The smoke test of the exporter in Firefox is still missing"],
    ["omar", "lena: then I'll put you down for the smoke test of the exporter"],
    ["lena", "And I'll write the release notes of the exporter tomorrow"],
  ]));
  assert.deepEqual(actions.map(({ text, who }) => [/put you/.test(text), who]), [[true, "lena"], [
    false,
    "lena",
  ]]);
});

Deno.test("recapOf() calls a question and a promise in reply an action of who promises", () => {
  const points = pointsOf([
    ["eva", "Can we renew the certificate of the mail server automatically?"],
    ["murat", "I'll set up certbot for that by Friday"],
  ]);
  const [promise] = points.filter(({ text }) => text.includes("certbot"));
  assert.deepEqual([promise?.kind, promise?.who, promise?.due], ["action", "murat", "by Friday"]);
});

Deno.test("recapOf() leaves fragments out where sentences take all words, and keeps them where there is room", () => {
  const fragments: Said[] = [["ann", "oh the printer"], ["bob", "printer again"]];
  const full: Said[] = [
    ["carl", "The printer on the second floor needs new toner from the storage room"],
    ["dora", "The storage room of the second floor is locked until Thursday"],
  ];
  const short = (said: readonly Said[], words: number) =>
    pointsOf(said, words).filter(({ text }) => text.length < 20);
  assert.equal(short([...fragments, ...full], 20).length, 0);
  assert.ok(short(fragments, 20).length > 0);
});

Deno.test("recapOf() takes whatever a channel may hold", () => {
  const texts = [
    "",
    "\u0000",
    "!".repeat(20_000),
    "?".repeat(20_000),
    "a".repeat(20_000),
    "\ud800",
    "@@@: ::",
    "ann: ann: ann: ",
    "ok, ok, ok, ",
  ];
  const said = texts.flatMap((
    text,
  ): Said[] => [["", text], ["ann", text], ["__proto__", `${text} why?`], ["人", text, { thread: "m0" }]]);
  const recap = recapOf(channel([...said, ...said]));
  const ids = new Set(channel([...said, ...said]).map(({ id }) => id));
  for (const point of [...recap.topics.flatMap(({ points }) => points), ...recap.open_questions]) {
    assert.ok(point.messages.every((id) => ids.has(id)));
  }
});

Deno.test("recapOf() joins what one person says in a row, and keeps two promises apart", () => {
  const points = pointsOf([
    ["ann", "Test builds should use the highest optimisation level"],
    ["ann", "The optimisation level of deployed builds was lowered after the crash"],
    ["bob", "I'll rewrite the deployment script of the search cluster tomorrow"],
    ["bob", "I'll send the invoice for the new printers on Friday"],
  ]);
  const [builds] = points.filter(({ text }) => text.includes("optimisation"));
  assert.equal(
    builds?.text,
    "Test builds should use the highest optimisation level. " +
      "The optimisation level of deployed builds was lowered after the crash",
  );
  assert.deepEqual(builds?.messages.slice(0, 2), ["m0", "m1"]);
  const promises = points.filter(({ who }) => who === "bob");
  assert.deepEqual(promises.map(({ kind, due }) => [kind, due]).sort(), [["action", "on Friday"], [
    "action",
    "tomorrow",
  ]]);
});

Deno.test("recapOf() calls what does not work for somebody a question, and what others say to it an answer", () => {
  const points = pointsOf([
    ["newcomer", "I cannot boot my thin clients from the new server, the screen stays black"],
    ["helper", "newcomer: thin clients of that age want the older kernel, put it into the tftp folder"],
  ]);
  assert.deepEqual(points.map(({ kind, who }) => [kind, who]), [["question", "newcomer"], [
    "answer",
    "helper",
  ]]);
});

Deno.test("recapOf() calls a proposal that somebody agrees to a decision", () => {
  const points = pointsOf([
    ["eva", "Should we move the weekly meeting of the storage team to Tuesday?"],
    ["tom", "sounds good, Tuesday suits the storage team better"],
  ]);
  assert.deepEqual(points.map(({ kind }) => kind), ["decision"]);
});

Deno.test("recapOf() leaves out what a program only answers, and keeps what it reports", () => {
  const points = pointsOf([
    ["ann", "The harvester of the library stops at https://tickets.example/DS-3086 since Monday"],
    ["linkbot", "[DS-3086] OAI harvester is broken (several classes) - https://tickets.example/DS-3086"],
    ["bob", "!screen"],
    ["helpbot", "screen: to share your screen with us, install the viewer of the package archive"],
    ["bob", "The viewer of the package archive needs a newer kernel than ours"],
    ["carl", "I'll install the newer kernel on the build machine"],
    ["dora", "The build machine was moved to the second floor last week"],
    ["cibot", "Nightly build of the harvester failed on the release branch"],
  ]);
  assert.deepEqual(points.map(({ who }) => who).filter((who) => who?.endsWith("bot")), ["cibot"]);
});

Deno.test("recapOf() prefers what people speak of for a while to what comes up all day", () => {
  const about = (subject: string, index: number): Said => [
    `user${index % 5}`,
    `the ${subject} of building ${index} was cleaned by its caretakers`,
  ];
  // Both subjects have five messages: of the fountain at once, of the chimney one every forty messages.
  const day = Array.from({ length: 200 }, (_, index): Said => {
    if (index >= 90 && index < 95) return about("fountain", index);
    return index % 40 === 20 ? about("chimney", index) : [`user${index % 7}`, "hm"];
  });
  const [only] = pointsOf(day, 10);
  assert.match(only?.text ?? "", /fountain/);
});

Deno.test("recapOf() names who is addressed as the one who is to do something", () => {
  const { actions } = recapOf(channel([
    ["ann", "The exporter writes dates in two different formats"],
    ["carl", "Dates of the exporter follow the locale of the server"],
    ["ann", "Bob: could you also take a look at the pull request of the exporter"],
    ["bob", "The pull request of the exporter has no tests yet"],
  ]));
  assert.deepEqual(actions.map(({ who }) => who), ["bob"]);
});

Deno.test("recapOf() joins a person's statements of one thread, and answers with their writer's name", () => {
  const points = pointsOf([
    ["ann", "The archive server keeps every mail for ten years on tape", { thread: "m0" }],
    ["bob", "hm", { thread: "m0" }],
    ["ann", "Tapes of the archive server are read once a year by the auditors", { thread: "m0" }],
    ["carl", "Auditors found two broken tapes of the archive server in March", {
      thread: "m0",
      replyTo: "m2",
    }],
  ]);
  assert.equal(points.length, 1);
  assert.match(points[0]!.text, /ten years on tape\. Tapes of .* auditors\. carl: Auditors found/);
  assert.deepEqual(
    [...points[0]!.messages].sort(),
    ["m0", "m1", "m2", "m3"].filter((id) => points[0]!.messages.includes(id)),
  );
});

Deno.test("recapOf() calls what comes next an event, also in a thread that began with a question", () => {
  const points = pointsOf([
    ["ann", "Which pull request of the exporter should we review today?"],
    ["bob", "ann: the pull request that adds a progress bar to the exporter"],
    ["ann", "Next week's topic is the release plan of the printing service"],
  ]);
  const [next] = points.filter(({ text }) => text.includes("Next week"));
  assert.equal(next?.kind, "event");
});

Deno.test("recapOf() reads who does what as minutes say it", () => {
  const { actions, topics } = recapOf(channel([
    ["chair", "[ACTION] lena to add the exporter to the upload list of the archive"],
    ["chair", "omar will ask the council for help with the request of the archive team"],
    ["omar", "The mirror of the archive was moved to the second data centre"],
    ["lena", "[AGREED] The stable branch of the exporter is used until the rewrite"],
  ]));
  assert.deepEqual(actions.map(({ who }) => who).sort(), ["lena", "omar"]);
  const points = topics.flatMap(({ points }) => points);
  assert.equal(points.find(({ text }) => text.includes("stable branch"))?.kind, "decision");
});

Deno.test("recapOf() calls what its writer plans an action, unless they ask for help with it", () => {
  const kinds = (said: readonly Said[]) => pointsOf(said).map(({ kind, who }) => [kind, who]);
  assert.deepEqual(
    kinds([["sam", "For my own part, I hope to finish the merges of the kernel packages before the freeze"]]),
    [["action", "sam"]],
  );
  const [asked] = kinds([
    ["kim", "How do the kernel packages of the archive start after an upgrade?"],
    ["kim", "I need to downgrade the kernel packages of the archive on nine servers"],
    ["sam", "kim: hold the kernel packages at the older version of the archive"],
  ]);
  assert.deepEqual(asked, ["question", "kim"]);
});

Deno.test("recapOf() names whom a request mentions as the one who is to do something", () => {
  const asks = (text: string): Said[] => [
    ["noah", "The upload of the nightly packages takes three hours"],
    ["iris", text],
  ];
  for (
    const text of [
      "Could you look at the log of the upload server today, noah",
      "@noah could you look at the log of the upload server today",
    ]
  ) {
    const { actions } = recapOf(channel(asks(text)));
    assert.deepEqual(actions.map(({ who }) => who), ["noah"], text);
  }
});

Deno.test("recapOf() calls it no action that somebody leaves for a while", () => {
  const { actions } = recapOf(channel([
    ["ann", "I'll take lunch now and read the backlog of the channel later"],
    ["bob", "I'll replace the disk of the backup server tonight"],
  ]));
  assert.deepEqual(actions.map(({ who }) => who), ["bob"]);
});

Deno.test("recapOf() leaves out what was promised when its writer says what came of it", () => {
  const points = pointsOf([
    ["julien", "je lance le retour arrière du service paiement"],
    ["nadia", "le support a déjà 25 tickets de clients ce matin"],
    ["julien", "retour arrière du service paiement terminé"],
    ["nadia", "je prépare une note sur les tickets pour la compta"],
  ]);
  const rollback = points.filter(({ text }) => text.includes("retour"));
  assert.deepEqual(rollback.map(({ kind }) => kind), ["resolution"]);
  assert.equal(points.filter(({ kind }) => kind === "action").length, 1);
});

Deno.test("recapOf() calls it a decision that something is left as it is", () => {
  const points = pointsOf([
    ["ann", "The choking of the streams needs more research by the network team"],
    ["bob", "I'll leave the choking of the streams off the next agenda then"],
  ]);
  assert.equal(points.find(({ text }) => text.includes("agenda"))?.kind, "decision");
});

Deno.test("recapOf() knows dates with names of months", () => {
  const dueOf = (text: string) => recapOf(channel([["ann", text]])).actions[0]?.due;
  assert.equal(dueOf("I'll send the report to the auditors by August 11"), "by August 11");
  assert.equal(dueOf("I'll send the report to the auditors on the 5th of May"), "on the 5th of May");
  assert.equal(dueOf("I'll send the report of May to the auditors"), undefined);
});

Deno.test("recapOf() begins a meeting with what it is about, not with its opening", () => {
  const points = pointsOf([
    [
      "chair",
      "Let's get started by everyone saying hi and whether they did the homework of this week's meeting",
    ],
    ["chair", "ann, bob, carl, dora: anyone I've missed"],
    ["ann", "Homework of this week's meeting was the fee structure of the exporter"],
    ["bob", "hi"],
    ["carl", "The fee structure of the exporter still needs two more votes"],
    ["dora", "hi everyone"],
  ], 18);
  assert.ok(points.length > 0);
  assert.ok(!points.some(({ text }) => /missed|get started/.test(text)));
});

Deno.test("recapOf() prefers a question of who seeks help to those that are asked back", () => {
  const points = pointsOf([
    ["newcomer", "How can I count the rows of both data sets of the exporter?", { thread: "m0" }],
    ["helper", "How big are the two data sets of the exporter today?", { thread: "m0" }],
    ["newcomer", "hm", { thread: "m0" }],
  ], 14);
  assert.deepEqual(points.map(({ who }) => who), ["newcomer"]);
});

Deno.test("recapOf() takes for a program whoever only answers commands", () => {
  const points = pointsOf([
    ["ann", "The screen of the second workstation stays black since Monday"],
    ["bob", "!screen"],
    ["ltsp", "To share your screen with me, open the help menu of the workstation and click the button"],
    ["ann", "The workstation shows the help menu again after a restart"],
    ["bob", "!docs"],
    ["ltsp", "The help menu of the workstation is described in the manual of the project"],
  ]);
  assert.ok(points.every(({ who }) => who !== "ltsp"));
});

Deno.test("recapOf() leaves out the title that a program gives of a ticket just named", () => {
  const points = pointsOf([
    ["ann", "The harvester of the library waits for PR#1326 since Monday"],
    ["linkbot", "[ https://tickets.example/pull/1326 ] - OAI harvester is broken in several classes"],
    ["bob", "The harvester of the library runs on the second server"],
  ]);
  assert.ok(points.every(({ who }) => who !== "linkbot"));
});

Deno.test("recapOf() calls what minutes put to the vote a decision", () => {
  const points = pointsOf([
    ["chair", "[VOTE] Shall the exporter of the archive become the default of the next release?"],
    ["lena", "The exporter of the archive was tested by both teams last week"],
  ]);
  assert.equal(points.find(({ text }) => text.includes("VOTE"))?.kind, "decision");
});
