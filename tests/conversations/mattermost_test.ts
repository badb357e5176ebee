import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { until } from "../support/until.ts";
import { type FakeMattermost, type FakePost, idOf, startFakeMattermost } from "./fake_mattermost.ts";
import { logIn, PASSWORD, stats } from "./support.ts";

const MINUTE = 60_000;
const post = (id: string, user: string, channel: string, message: string, minutes: number): FakePost => ({
  id: idOf(id),
  user_id: idOf(user),
  channel_id: idOf(channel),
  message,
  type: "",
  create_at: START - minutes * MINUTE,
  update_at: START - minutes * MINUTE,
  delete_at: 0,
});

function startServer(): FakeMattermost {
  return startFakeMattermost({
    users: ["ann", "bob"].map((username) => ({
      id: idOf(username),
      username,
      password: `${username}'s secret`,
    })),
    channels: new Map([
      [idOf("town"), { name: "Town Square", members: [idOf("ann"), idOf("bob")] }],
      [idOf("private"), { name: "Private", members: [idOf("bob")] }],
    ]),
    posts: [
      post("p1", "ann", "town", "the disk of db-3 is full", 50),
      post("p2", "bob", "town", "I delete the old snapshots of db-3", 40),
      { ...post("p3", "bob", "town", "bob joined", 39), type: "system_join_channel" },
      post("p4", "bob", "private", "a private thought", 30),
    ],
  });
}

const withServer = async (server: FakeMattermost, test: (app: TestApp) => Promise<void>, token?: string) => {
  await using app = await createTestApp({
    conversationSettings: { mattermost: { url: server.url, token, webhookTokens: [] } },
  });
  await test(app);
};
const enter = async (app: TestApp, username: string, password = `${username}'s secret`) =>
  await (await app.send("POST", "/api/auth", { username, password })).json();
const texts = (app: TestApp) => app.database.query("SELECT author, text FROM message ORDER BY time");

Deno.test("logging in brings the user's channels and posts, and shows no others", async () => {
  await using server = startServer();
  await withServer(server, async (app) => {
    const { status, data } = await enter(app, "ann");
    equal(status, 200);
    deepEqual(data.channels, [{ id: idOf("town"), name: "Town Square" }]);
    equal(data.pulse.length, 288);
    deepEqual((await stats(app, data.token, `most_active/${idOf("town")}`)).data, ["ann", "bob"]);
    equal((await stats(app, data.token, `most_active/${idOf("private")}`)).status, 404);

    const bob = (await enter(app, "bob")).data;
    deepEqual(bob.channels.map(({ name }: { name: string }) => name), ["Private", "Town Square"]);
    server.server.channels.get(idOf("private"))!.members.length = 0;
    await enter(app, "bob");
    equal((await stats(app, bob.token, `most_active/${idOf("private")}`)).status, 404);
    equal((await enter(app, "ann", "wrong")).status, 401);
    const logins = server.calls.filter((call) => call.endsWith("/users/login")).length;
    equal(logins, 4);
  });
});

Deno.test("a login does not wait for a Mattermost whose posts do not come", async () => {
  await using server = startServer();
  const { promise: never, resolve } = Promise.withResolvers<Response>();
  server.intercept = (path) => path.endsWith("/posts") ? never : undefined;
  await withServer(server, async (app) => {
    const { status, data } = await enter(app, "ann");
    equal(status, 200);
    deepEqual(data.channels, [{ id: idOf("town"), name: "Town Square" }]);
    deepEqual(data.pulse, []);
    resolve(Response.json({ posts: {} }));
    await until(() => server.sessions.size === 0);
  });
});

Deno.test("later syncs bring edits, deletions and new posts", async () => {
  await using server = startServer();
  server.sessions.set("job-token", idOf("bob"));
  await withServer(server, async (app) => {
    await app.services.conversations.sync();
    equal((await texts(app)).length, 3);
    const { posts } = server.server;
    Object.assign(posts[0]!, { message: "the disk of db-4 is full", update_at: START });
    Object.assign(posts[1]!, { delete_at: START + 1, update_at: START + 1 });
    posts.push(post("p5", "ann", "town", "all is well again", 0));
    posts.at(-1)!.update_at = START + 2;
    await app.services.conversations.sync();
    deepEqual(await texts(app), [
      ["ann", "the disk of db-4 is full"],
      ["bob", "a private thought"],
      ["ann", "all is well again"],
    ]);
    deepEqual(app.log, []);
  }, "job-token");
});

Deno.test("own users may log in beside Mattermost's, and see other channels", async () => {
  await using server = startServer();
  await withServer(server, async (app) => {
    await enter(app, "ann");
    const token = await logIn(app, "carl", ["own"]);
    equal((await stats(app, token, "most_active/own")).status, 200);
    equal((await stats(app, token, `most_active/${idOf("town")}`)).status, 404);
    // An own user of the same name is somebody else.
    await app.services.conversations.accounts.add("ann", PASSWORD);
    const { data } = await enter(app, "ann", PASSWORD);
    deepEqual(data.channels, []);
  });
});

Deno.test("a Mattermost that is down, slow, or answers nonsense costs only its own freshness", async () => {
  await using server = startServer();
  server.sessions.set("job-token", idOf("bob"));
  await withServer(server, async (app) => {
    await app.services.conversations.sync();
    const before = await texts(app);
    const token = await logIn(app, "carl");
    const nonsense: [string, () => Response][] = [
      ["html", () => new Response("<html>", { headers: { "Content-Type": "text/html" } })],
      ["null", () => Response.json(null)],
      ["number", () => Response.json(5)],
      ["cut", () => new Response('{"id": "x', { headers: { "Content-Type": "application/json" } })],
      ["empty", () => Response.json([])],
      ["strange", () => Response.json([{ id: { $gt: "" } }, null, 7])],
      ["elsewhere", () => Response.redirect("http://127.0.0.1:1/")],
      ["error", () => Response.json({ message: "internal" }, { status: 500 })],
      [
        "hostile posts",
        () => Response.json({ posts: { x: { id: "\0", message: 5 }, __proto__: null }, order: "no" }),
      ],
    ];
    for (const [what, answer] of nonsense) {
      server.intercept = answer;
      await app.services.conversations.sync();
      deepEqual(await texts(app), before, what);
      const { status } = await enter(app, "nobody", "x");
      ok(status === 401 || status === 503, `${what}: ${status}`);
      equal((await stats(app, token, "pulse")).status, 200);
      equal((await enter(app, "carl", PASSWORD)).status, 200, what);
    }
  }, "job-token");
  await withServer({ ...startedAndStopped(), server: server.server } as FakeMattermost, async (app) => {
    equal((await enter(app, "ann")).status, 503);
    await logIn(app, "carl");
  });
});

/** An address at which nothing listens. */
function startedAndStopped(): Pick<FakeMattermost, "url"> {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return { url: `http://127.0.0.1:${port}` };
}

const WEBHOOK = {
  token: "webhook-token",
  team_id: idOf("team"),
  team_domain: "team",
  channel_id: idOf("town"),
  channel_name: "town-square",
  timestamp: START,
  user_id: idOf("ann"),
  user_name: "ann",
  post_id: idOf("p1"),
  text: "the disk of db-3 is full",
  trigger_word: "",
};

testOnBothEngines(
  "outgoing webhooks come as form and as JSON; the same post again changes nothing",
  async (app) => {
    const form = new URLSearchParams({ ...WEBHOOK, timestamp: String(Math.floor(START / 1000)) });
    const requests: RequestInit[] = [
      { body: form },
      { body: JSON.stringify(WEBHOOK), headers: { "Content-Type": "application/json" } },
    ];
    for (const request of requests) {
      const response = await app.request("/api/ingest/mattermost", { method: "POST", ...request });
      equal(response.status, 200);
      deepEqual(await response.json(), {});
    }
    deepEqual(await texts(app), [["ann", "the disk of db-3 is full"]]);
    const wrong: [unknown, number][] = [
      [{ ...WEBHOOK, token: "forged" }, 401],
      [{ ...WEBHOOK, token: "" }, 401],
      [{ ...WEBHOOK, token: undefined }, 400],
      [{ ...WEBHOOK, post_id: 5 }, 400],
      [{ ...WEBHOOK, timestamp: "soon" }, 400],
      [{ ...WEBHOOK, text: null }, 400],
      ["text", 400],
    ];
    for (const [body, status] of wrong) {
      equal((await app.send("POST", "/api/ingest/mattermost", body)).status, status, JSON.stringify(body));
    }
    deepEqual(await texts(app), [["ann", "the disk of db-3 is full"]]);
  },
  {
    conversationSettings: {
      mattermost: { url: undefined, token: undefined, webhookTokens: ["a", "webhook-token"] },
    },
  },
);

Deno.test("without MATTERMOST_WEBHOOK_TOKENS webhooks are 404", async () => {
  await using app = await createTestApp();
  equal((await app.send("POST", "/api/ingest/mattermost", WEBHOOK)).status, 404);
});
