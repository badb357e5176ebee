import { deepEqual, equal, ok } from "node:assert/strict";
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
  const expected = { summary: "The disk was full.", method: "model" };
  deepEqual((await stats(app, token, "summary/town")).data, expected);
  deepEqual((await stats(app, token, "summary/town")).data, expected);
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
