import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { type FakeSlack, signedEvent, startFakeSlack } from "./fake_slack.ts";
import { logIn, stats } from "./support.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const PATH = "/api/ingest/slack";
const slack = { signingSecret: SECRET, botToken: undefined, apiUrl: "http://127.0.0.1:1/api" };
const ts = (minutes: number, micros = 100) =>
  `${Math.floor(START / 1000) - minutes * 60}.${String(micros).padStart(6, "0")}`;

const event = (body: Record<string, unknown>) =>
  JSON.stringify({ token: "x", team_id: "T1", api_app_id: "A1", type: "event_callback", event: body });
const said = (user: string, text: string, minutes: number, rest = {}) => ({
  type: "message",
  channel: "C1",
  user,
  user_profile: { name: `name-of-${user}` },
  text,
  ts: ts(minutes),
  event_ts: ts(minutes),
  channel_type: "channel",
  ...rest,
});
const send = async (app: TestApp, body: Record<string, unknown>, headers = {}) =>
  await app.request(PATH, await signedEvent(SECRET, event(body), { headers }));
const stored = (app: TestApp) => app.database.query("SELECT author, text FROM message ORDER BY time");

testOnBothEngines("events bring messages, edits, deletions, names and membership", async (app) => {
  const challenge = await app.request(
    PATH,
    await signedEvent(
      SECRET,
      '{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3"}',
    ),
  );
  equal(challenge.status, 200);
  ok((await challenge.text()).includes("3eZbrw1aBm2rZgRNFdxV2595E9CY3"));

  equal((await send(app, said("U1", "the disk of <@U1> is full", 30))).status, 200);
  equal((await send(app, said("U2", "which one?", 20))).status, 200);
  equal((await send(app, said("U3", "has joined", 19, { subtype: "channel_join" }))).status, 200);
  deepEqual(await stored(app), [["name-of-U1", "the disk of @name-of-U1 is full"], [
    "name-of-U2",
    "which one?",
  ]]);

  for (const retry of ["1", "2"]) {
    const headers = { "X-Slack-Retry-Num": retry, "X-Slack-Retry-Reason": "http_timeout" };
    equal((await send(app, said("U1", "the disk of <@U1> is full", 30), headers)).status, 200);
  }
  const changed = (text: string, at: number) => ({
    type: "message",
    subtype: "message_changed",
    channel: "C1",
    ts: ts(at),
    event_ts: ts(at),
    message: { type: "message", user: "U1", text, ts: ts(30), edited: { user: "U1", ts: ts(at) } },
    previous_message: { type: "message", user: "U1", text: "the disk of <@U1> is full", ts: ts(30) },
  });
  await send(app, changed("the disk of db-3 is full", 10));
  await send(app, changed("an older edit that came late", 12));
  await send(app, said("U1", "the disk of <@U1> is full", 30));
  deepEqual(await stored(app), [["name-of-U1", "the disk of db-3 is full"], ["name-of-U2", "which one?"]]);

  const deleted = {
    type: "message",
    subtype: "message_deleted",
    channel: "C1",
    ts: ts(5),
    deleted_ts: ts(20),
  };
  await send(app, deleted);
  await send(app, said("U2", "which one?", 20));
  deepEqual(await stored(app), [["name-of-U1", "the disk of db-3 is full"]]);

  await send(app, { type: "channel_rename", channel: { id: "C1", name: "incidents", created: 1 } });
  await send(app, {
    type: "member_joined_channel",
    user: "U9",
    channel: "C1",
    channel_type: "C",
    team: "T1",
  });
  const token = await logIn(app, "U9", []);
  await app.services.conversations.accounts.link("U9", ["slack:U9"]);
  const login = await app.send("POST", "/api/auth", { username: "U9", password: "correct horse battery" });
  deepEqual((await login.json()).data.channels, [{ id: "C1", name: "incidents" }]);
  equal((await stats(app, token, "most_active/C1")).data[0], "name-of-U1");
  await send(app, { type: "member_left_channel", user: "U9", channel: "C1", channel_type: "C", team: "T1" });
  equal((await stats(app, token, "most_active/C1")).status, 404);
}, { conversationSettings: { slack } });

Deno.test("a forged, old, future, unsigned or altered event is refused and changes nothing", async () => {
  await using app = await createTestApp({ conversationSettings: { slack } });
  const body = event(said("U1", "forged", 1));
  const now = Date.now() / 1000;
  const good = await signedEvent(SECRET, body);
  const goodHeaders = good.headers as Record<string, string>;
  const without = (name: string) => ({
    ...good,
    headers: Object.fromEntries(Object.entries(goodHeaders).filter(([key]) => key !== name)),
  });
  const requests: Record<string, RequestInit> = {
    "another secret": await signedEvent("another secret", body),
    "six minutes old": await signedEvent(SECRET, body, { time: now - 360 }),
    "an hour ahead": await signedEvent(SECRET, body, { time: now + 3600 }),
    "altered": { ...good, body: body.replace("forged", "changed") },
    "no signature": without("X-Slack-Signature"),
    "no time": without("X-Slack-Request-Timestamp"),
    "time is no number": { ...good, headers: { ...goodHeaders, "X-Slack-Request-Timestamp": "NaN" } },
    "half a signature": { ...good, headers: { ...goodHeaders, "X-Slack-Signature": "v0=" } },
    "ssl_check": { method: "POST", body: "ssl_check=1&token=x" },
    "unsigned": { method: "POST", body },
  };
  for (const [what, request] of Object.entries(requests)) {
    equal((await app.request(PATH, request)).status, 401, what);
  }
  deepEqual(await app.database.query("SELECT count(*) FROM conversation"), [[0]]);
});

Deno.test("signed nonsense is 200 or 400, never 500, and stores nothing", async () => {
  await using app = await createTestApp({ conversationSettings: { slack } });
  const bodies = [
    "",
    "{",
    "null",
    "[]",
    "5",
    "{}",
    '{"type":"event_callback"}',
    '{"type":"event_callback","event":null}',
    '{"type":"event_callback","event":{"type":"message"}}',
    event(said("U1", "no time", 1, { ts: "soon" })),
    event(said("U1", "", 1)),
    event({ ...said("U1", "x", 1), text: { a: 1 } }),
    event({ ...said("U1", "x", 1), channel: ["C1"] }),
    event({ ...said("U1", "x", 1), channel: "C".repeat(500) }),
    event({ type: "message", subtype: "message_changed", channel: "C1", message: "x" }),
    event({ type: "message", subtype: "message_deleted", channel: "C1" }),
    event({ type: "channel_rename", channel: "C1" }),
    event({ type: "member_joined_channel", user: 5 }),
    event({ type: "reaction_added", user: "U1" }),
    "payload=%7B",
    "command=/x",
  ];
  for (const body of bodies) {
    const { status } = await app.request(PATH, await signedEvent(SECRET, body));
    ok(status === 200 || status === 400, `${status}: ${body}`);
  }
  deepEqual(await app.database.query("SELECT count(*) FROM message"), [[0]]);
  const hostile = event(said("U1", "nul \0 and \ud800 surrogate", 1));
  equal((await app.request(PATH, await signedEvent(SECRET, hostile))).status, 200);
  deepEqual(await stored(app), [["name-of-U1", "nul  and \ufffd surrogate"]]);
});

Deno.test("without SLACK_SIGNING_SECRET events are 404", async () => {
  await using app = await createTestApp();
  equal((await app.request(PATH, await signedEvent(SECRET, event(said("U1", "x", 1))))).status, 404);
});

/** A workspace with two channels, of which the bot is in one. */
function startWorkspace(): FakeSlack {
  return startFakeSlack("xoxb-1", {
    "users.list": () => ({ members: [{ id: "U2", name: "name-of-U2" }, { broken: true }] }),
    "users.info": (form) => ({ user: { id: form.get("user"), name: `name-of-${form.get("user")}` } }),
    "conversations.list": () => ({
      channels: [{ id: "C1", name: "town", is_member: true }, { id: "C2", name: "other", is_member: false }, {
        id: 5,
      }],
      response_metadata: { next_cursor: "" },
    }),
    "conversations.members": () => ({ members: ["U1", "U2", null] }),
    "conversations.history": (form) =>
      form.get("cursor") === "2" ? { messages: [said("U1", "the first of all", 90)] } : {
        messages: [
          { ...said("U2", "a thread begins", 60), reply_count: 1 },
          { broken: true },
          said("U1", "the disk is full", 70),
        ],
        response_metadata: { next_cursor: "2" },
      },
    "conversations.replies": () => ({
      messages: [said("U2", "a thread begins", 60), said("U1", "and goes on", 50, { thread_ts: ts(60) })],
    }),
  });
}

Deno.test("history comes through the Web API, with names, threads and members", async () => {
  await using workspace = startWorkspace();
  const settings = { signingSecret: undefined, botToken: "xoxb-1", apiUrl: workspace.url };
  await using app = await createTestApp({ conversationSettings: { slack: settings } });
  await app.services.conversations.sync();
  const expected = [
    ["name-of-U1", "the first of all"],
    ["name-of-U1", "the disk is full"],
    ["name-of-U2", "a thread begins"],
    ["name-of-U1", "and goes on"],
  ];
  deepEqual(await stored(app), expected);
  await app.services.conversations.sync();
  deepEqual(await stored(app), expected);
  const token = await logIn(app, "bob", []);
  equal((await stats(app, token, "most_active/C1")).status, 404);
  await app.services.conversations.accounts.link("bob", ["slack:U2"]);
  equal((await stats(app, token, "most_active/C1")).data[0], "name-of-U1");
  deepEqual(app.log, []);
});

Deno.test("a Slack that is rate limited is asked again as late as it wants; one that fails is left alone", async () => {
  await using workspace = startWorkspace();
  const settings = { signingSecret: undefined, botToken: "xoxb-1", apiUrl: workspace.url };
  await using app = await createTestApp({ conversationSettings: { slack: settings } });
  let refused = 0;
  workspace.intercept = (method) =>
    method === "conversations.history" && refused++ < 2
      ? new Response("", { status: 429, headers: { "Retry-After": "0" } })
      : undefined;
  await app.services.conversations.sync();
  equal((await stored(app)).length, 4);

  const answers = [
    () => new Response("", { status: 429, headers: { "Retry-After": "100000" } }),
    () => new Response("<html>", { status: 502 }),
    () => new Response("not json", { status: 200 }),
    () => Response.json({ ok: true, channels: "x", response_metadata: { next_cursor: "again" } }),
    () => Response.json({ ok: false, error: "account_inactive" }),
    () => Response.json(null),
  ];
  for (const answer of answers) {
    workspace.intercept = answer;
    await app.services.conversations.sync();
    equal((await stored(app)).length, 4);
  }
});
