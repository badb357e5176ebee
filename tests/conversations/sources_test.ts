/** Channels of different sources that have the same id: none is read, written or joined in the name of another. */
import { deepEqual, equal } from "../support/assert.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { idOf, startFakeMattermost } from "./fake_mattermost.ts";
import { signedEvent, startFakeSlack } from "./fake_slack.ts";
import { logIn, post, stats } from "./support.ts";

const SECRET = "shhh";
const TS = `${Math.floor(START / 1000) - 60}.000100`;
const SLACK = { signingSecret: SECRET, botToken: undefined, apiUrl: "http://127.0.0.1:1/api" };

const send = async (app: TestApp, event: Record<string, unknown>, teams: Record<string, unknown> = {}) => {
  const body = JSON.stringify({ type: "event_callback", event_id: "E1", team_id: "T1", event, ...teams });
  equal((await app.request("/api/ingest/slack", await signedEvent(SECRET, body))).status, 200);
};

/** Everything that is known of the channel `C1`. */
const stateOf = (app: TestApp) =>
  Promise.all([
    "SELECT source, name, version, is_public FROM conversation",
    "SELECT person FROM member ORDER BY person",
    "SELECT origin, author, text, reactions FROM message ORDER BY id",
    "SELECT origin FROM deleted_message",
    "SELECT day, changes FROM changed_day",
  ].map((sql) => app.database.query(sql)));

/** What Slack may say of a channel. */
const EVENTS: Record<string, Record<string, unknown>> = {
  "a message": { type: "message", channel: "C1", user: "U1", text: "hello", ts: TS },
  "an edit": {
    type: "message",
    subtype: "message_changed",
    channel: "C1",
    event_ts: TS,
    message: { type: "message", user: "U1", text: "changed", ts: TS, edited: { user: "U1", ts: TS } },
  },
  "a deletion": { type: "message", subtype: "message_deleted", channel: "C1", deleted_ts: TS },
  "a deletion of what is to come": {
    type: "message",
    subtype: "message_deleted",
    channel: "C1",
    deleted_ts: "1767323000.000900",
  },
  "a reaction": {
    type: "reaction_added",
    user: "U1",
    reaction: "tada",
    item: { type: "message", channel: "C1", ts: TS },
  },
  "a new name": { type: "channel_rename", channel: { id: "C1", name: "renamed", created: 1 } },
  "a new member": { type: "member_joined_channel", user: "U9", channel: "C1", channel_type: "C", team: "T1" },
  "a member who left": {
    type: "member_left_channel",
    user: "U1",
    channel: "C1",
    channel_type: "C",
    team: "T1",
  },
};

for (const [name, event] of Object.entries(EVENTS)) {
  Deno.test(`Slack's event of ${name} leaves a program's channel with the same id as it is`, async () => {
    await using app = await createTestApp({ conversationSettings: { slack: SLACK } });
    const said = { id: TS, username: "bob", message: "a program's word" };
    await post(app, "C1", { messages: [said], members: ["bob"] });
    await app.database.commits.execute([{
      sql: "INSERT INTO member SELECT id, 'slack:U1' FROM conversation",
      args: [],
    }]);
    const before = await stateOf(app);
    await send(app, event);
    deepEqual(await stateOf(app), before);
  });
}

Deno.test("events of another workspace than the bot token's leave its channels as they are", async () => {
  await using slack = startFakeSlack("xoxb-1", {
    "auth.test": () => ({ url: "https://one.slack.com/", team_id: "T1" }),
    "users.info": () => ({ user: { name: "una" } }),
  });
  await using app = await createTestApp({
    conversationSettings: { slack: { signingSecret: SECRET, botToken: "xoxb-1", apiUrl: slack.url } },
  });
  await send(app, EVENTS["a message"]!);
  const before = await stateOf(app);
  for (const event of Object.values(EVENTS)) await send(app, event, { team_id: "T2" });
  deepEqual(await stateOf(app), before);
  await send(app, EVENTS["a new name"]!, { team_id: "T2", authorizations: [{ team_id: "T1" }] });
  equal((await app.database.query("SELECT name FROM conversation"))[0]![0], "renamed", "a shared channel");
});

Deno.test("Mattermost's channel does not meet a program's with the same id", async () => {
  const channel = idOf("town");
  await using mattermost = startFakeMattermost({
    users: [{ id: idOf("ann"), username: "ann", password: "ann's secret" }],
    channels: new Map([[channel, { name: "Town", members: [idOf("ann")] }]]),
    posts: [],
  });
  mattermost.sessions.set("job-token", idOf("ann"));
  await using app = await createTestApp({
    conversationSettings: { mattermost: { url: mattermost.url, token: "job-token", webhookTokens: [] } },
  });
  await post(app, channel, { username: "bob", message: "a program's word" });
  const before = await stateOf(app);
  await app.services.conversations.sync();
  const login = await app.send("POST", "/api/auth", { username: "ann", password: "ann's secret" });
  deepEqual((await login.json()).data.channels, []);
  deepEqual(await stateOf(app), before);
});

Deno.test("two sources that write to one new id at once: the messages of one are stored", async () => {
  await using app = await createTestApp();
  const { inbox } = app.services.conversations;
  const said = (username: string) => [{ username, message: `${username}'s word` }];
  const outcomes = await Promise.allSettled([
    inbox.post({ channel: "C1", key: "one" }, said("ann")),
    inbox.post({ channel: "C1", key: "two" }, said("bob")),
  ]);
  equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  equal((await app.database.query("SELECT text FROM message")).length, 1);
});

Deno.test("a channel that a user was given before its first sync becomes Slack's, and the user reads it", async () => {
  await using slack = startFakeSlack("xoxb-1", {
    "users.list": () => ({ members: [{ id: "U1", name: "una" }] }),
    "conversations.list": () => ({ channels: [{ id: "C1", name: "town", is_member: true }] }),
    "conversations.members": () => ({ members: ["U1"] }),
    "conversations.history": () => ({ messages: [{ user: "U1", text: "the disk is full", ts: TS }] }),
  });
  await using app = await createTestApp({
    conversationSettings: { slack: { signingSecret: SECRET, botToken: "xoxb-1", apiUrl: slack.url } },
  });
  const ann = await logIn(app, "ann", ["C1"]);
  await app.services.conversations.sync();
  deepEqual((await stats(app, ann, "most_active/C1")).data, ["una"]);
  const [channel] = await stateOf(app);
  deepEqual(channel!.map(([source, name]) => [source, name]), [["slack", "town"]]);
});

Deno.test("such a channel becomes that of whoever writes to it first, an event, a post or a program", async () => {
  await using app = await createTestApp({ conversationSettings: { slack: SLACK } });
  const ann = await logIn(app, "ann", ["C1", "ops"]);
  await send(app, EVENTS["a message"]!);
  await post(app, "ops", { username: "bob", message: "a program's word" });
  equal((await stats(app, ann, "most_active/C1")).data.length, 1);
  deepEqual((await stats(app, ann, "most_active/ops")).data, ["bob"]);
  const refused = await app.send("POST", "/api/conversations/C1/messages", { username: "bob", message: "x" });
  equal(refused.status, 403);
});

Deno.test("a key's claim in one process ends what another process lets programs without a key do", async () => {
  await using one = await createTestApp();
  await using other = await createTestApp({ database: one.databaseUrl });
  const said = [{ id: "1", username: "bob", message: "a program's word" }];
  await one.services.conversations.inbox.post({ channel: "ops", key: undefined }, said);
  await other.services.conversations.inbox.post({ channel: "ops", key: "billing" }, [
    { id: "2", username: "carl", message: "the key's word" },
  ]);
  const keyless = { id: "3", username: "bob", message: "a later word" };
  equal((await one.send("POST", "/api/conversations/ops/messages", keyless)).status, 403);
  const texts = await one.database.query("SELECT text FROM message ORDER BY id");
  deepEqual(texts.flat(), ["a program's word", "the key's word"]);
});

Deno.test("a key's claim in one process ends deletions by programs without a key in another", async () => {
  await using one = await createTestApp();
  await using other = await createTestApp({ database: one.databaseUrl });
  const said = [{ id: "1", username: "bob", message: "a program's word" }];
  await one.services.conversations.inbox.post({ channel: "ops", key: undefined }, said);
  await other.services.conversations.inbox.post({ channel: "ops", key: "billing" }, said);
  const answer = await one.request("/api/conversations/ops/messages/1", { method: "DELETE" });
  equal(answer.status, 403);
  equal((await one.database.query("SELECT text FROM message")).length, 1);
});
