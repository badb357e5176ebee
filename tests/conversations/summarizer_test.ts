import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START } from "../support/app.ts";
import { logIn, minutesBefore, post, stats } from "./support.ts";

const MESSAGES = [
  { username: "ann", message: "The disk of db-3 is full again.", timestamp: minutesBefore(START, 5) },
  { username: "bob", message: "I delete the old snapshots now.", timestamp: minutesBefore(START, 4) },
];

/** A model behind an endpoint like OpenAI's, which answers what the test says. */
function startModel(answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/v1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
const settings = (url: string, timeoutMillis = 10_000) => ({
  conversationSettings: { model: { url, model: "llama", key: "secret", timeoutMillis } },
});

Deno.test("a model writes the summary from the selected messages, and data.method says so", async () => {
  const requests: {
    path: string;
    key: string | null;
    body: { model: string; messages: { content: string }[] };
  }[] = [];
  await using model = startModel(async (request) => {
    requests.push({
      path: new URL(request.url).pathname,
      key: request.headers.get("authorization"),
      body: await request.json(),
    });
    return Response.json({ choices: [{ message: { role: "assistant", content: " The disk was\nfull. " } }] });
  });
  await using app = await createTestApp(settings(model.url));
  await post(app, "town", MESSAGES);
  const token = await logIn(app, "ann");
  for (let time = 0; time < 2; time++) {
    const { summary, method, messages } = (await stats(app, token, "summary/town")).data;
    deepEqual([summary, method, messages.length], ["The disk was full.", "model", 2]);
  }
  equal(requests.length, 1);
  const { path, key, body } = requests[0]!;
  deepEqual([path, key, body.model], ["/v1/chat/completions", "Bearer secret", "llama"]);
  ok(body.messages[1]!.content.includes("ann: The disk of db-3 is full again."));
});

Deno.test("a model that is down, slow, wrong or endless is replaced by the extractive summary", async () => {
  const { promise: never, resolve } = Promise.withResolvers<Response>();
  const answers: [string, () => Response | Promise<Response>][] = [
    ["error", () => new Response("no", { status: 500 })],
    ["html", () => new Response("<html>")],
    ["no choices", () => Response.json({ choices: [] })],
    ["empty", () => Response.json({ choices: [{ message: { content: "  " } }] })],
    ["huge", () => new Response("x".repeat(1 << 20))],
    ["elsewhere", () => Response.redirect("http://127.0.0.1:1/")],
    ["slow", () => never],
  ];
  for (const [what, answer] of answers) {
    await using model = startModel(answer);
    await using app = await createTestApp(settings(model.url, what === "slow" ? 50 : 10_000));
    await post(app, "town", MESSAGES);
    const token = await logIn(app, "ann");
    const { status, data } = await stats(app, token, "summary/town");
    equal(status, 200);
    equal(data.method, "extractive", what);
    ok(data.summary.includes("db-3"));
    equal(app.log.length, 1);
    if (what === "slow") resolve(new Response());
  }
});

Deno.test("a model's summary is cut at 100 words", async () => {
  await using model = startModel(() =>
    Response.json({ choices: [{ message: { content: "word ".repeat(500) } }] })
  );
  await using app = await createTestApp(settings(model.url));
  await post(app, "town", MESSAGES);
  const { data } = await stats(app, await logIn(app, "ann"), "summary/town");
  equal(data.summary.split(" ").length, 100);
});

/** What a model says of the points that it was given. */
const recapOf = (points: unknown[], rest = {}) => ({
  text: "db-3 is full.",
  topics: [{ topic: 1, title: "The disk", summary: "It is full.", points }],
  ...rest,
});
const saying = (content: unknown) =>
  Response.json({
    choices: [{ message: { content: typeof content === "string" ? content : JSON.stringify(content) } }],
  });

Deno.test("a model writes the recap from the selected points, and only what cites a message is believed", async () => {
  let input = "";
  const event = { kind: "event", text: "db-3 is full", messages: ["m1", "m99", "m1"], who: "mallory" };
  await using model = startModel(async (request) => {
    input = (await request.json()).messages[1].content;
    return saying(
      "```json\n" + JSON.stringify(recapOf(
        [event, { kind: "decision", text: "made up", messages: ["m77"] }],
        { actions: [{ kind: "action", text: "made up as well", messages: [] }], open_questions: [] },
      )) + "\n```",
    );
  });
  await using app = await createTestApp(settings(model.url));
  await post(app, "town", MESSAGES.map((message, index) => ({ id: `id-${index}`, ...message })));
  const { data } = await stats(app, await logIn(app, "ann"), "recap/town");
  ok(input.includes("The disk of db-3 is full again") && !input.includes("id-0"), input);
  deepEqual([data.method, data.text, data.actions, data.topics.length], ["model", "db-3 is full.", [], 1]);
  const [point, ...others] = data.topics[0].points;
  deepEqual(others, []);
  deepEqual([point.text, point.messages.length, point.who], ["db-3 is full", 1, point.messages[0].username]);
  equal(data.topics[0].title, "The disk");
});

Deno.test("a model's recap that is no JSON, cites nothing or is endless is replaced by the extractive one", async () => {
  const point = { kind: "event", text: "db-3 is full", messages: ["m1"] };
  const answers: Record<string, unknown> = {
    "prose": "The disk was full.",
    "another form": { topics: "none" },
    "no citation": recapOf([{ ...point, messages: ["m99"] }]),
    "a topic that does not exist": {
      text: "x",
      topics: [{ topic: 9, title: "x", summary: "x", points: [point] }],
    },
    "too long": recapOf([{ ...point, text: "word ".repeat(300) }]),
  };
  for (const [what, content] of Object.entries(answers)) {
    await using model = startModel(() => saying(content));
    await using app = await createTestApp(settings(model.url));
    await post(app, "town", MESSAGES);
    const { status, data } = await stats(app, await logIn(app, "ann"), "recap/town");
    deepEqual([status, data.method, app.log.length], [200, "extractive", 1], what);
    ok(data.text.includes("db-3"), what);
  }
});
