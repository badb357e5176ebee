import { deepEqual, equal, match } from "node:assert/strict";
import { createTestApp, type TestApp } from "../support/app.ts";
import { idOf, startFakeMattermost } from "./fake_mattermost.ts";
import { signedEvent, startFakeSlack } from "./fake_slack.ts";
import { logIn, post, stats } from "./support.ts";

const SECRET = "shhh";
const said = { type: "message", user: "U1", text: "the plan is secret", ts: "1767323045.000100" };

/** Slack as Runnel asks it: who is in the private channel C1, and who was deactivated. */
interface Workspace {
  members: string[];
  deactivated: string[];
  /** Whether the app is still in the channel. */
  isIn: boolean;
}

async function withSlack(
  test: (app: TestApp, workspace: Workspace, ann: string) => Promise<void>,
): Promise<void> {
  const workspace: Workspace = { members: ["U1", "U2"], deactivated: [], isIn: true };
  await using slack = startFakeSlack("xoxb-1", {
    "users.list": () => ({
      members: ["U1", "U2"].map((id) => ({
        id,
        name: `name-of-${id}`,
        deleted: workspace.deactivated.includes(id),
      })),
    }),
    "conversations.list": () => ({
      channels: workspace.isIn ? [{ id: "C1", name: "secret", is_member: true }] : [],
    }),
    "conversations.members": () => ({ members: workspace.members }),
    "conversations.history": () => ({ messages: [said] }),
  });
  await using app = await createTestApp({
    conversationSettings: { slack: { signingSecret: SECRET, botToken: "xoxb-1", apiUrl: slack.url } },
  });
  await app.services.conversations.sync();
  const ann = await logIn(app, "ann", []);
  await app.services.conversations.accounts.link("ann", ["slack:U1"]);
  await test(app, workspace, ann);
}

const reads = async (app: TestApp, token: string, channel = "C1") => {
  const one = (await stats(app, token, `most_active/${channel}`)).status;
  const all = (await stats(app, token, "pulse")).data.length > 0;
  equal(one === 200, all, "one channel and all channels agree");
  return all;
};

/** What happens at Slack, and how an event says so where there is one. */
const DEPARTURES: Record<string, { happens(workspace: Workspace): void; event?: Record<string, unknown> }> = {
  "left": {
    happens: (workspace) => workspace.members = ["U2"],
    event: { type: "member_left_channel", user: "U1", channel: "C1", channel_type: "G", team: "T1" },
  },
  "kicked": {
    happens: (workspace) => workspace.members = ["U2"],
    event: {
      type: "member_left_channel",
      user: "U1",
      channel: "C1",
      channel_type: "G",
      team: "T1",
      inviter: "U2",
    },
  },
  "deactivated": { happens: (workspace) => workspace.deactivated = ["U1"] },
  "deleted with its channel": { happens: (workspace) => workspace.isIn = false },
};

for (const [name, { happens, event }] of Object.entries(DEPARTURES)) {
  for (const wasSeen of event === undefined ? [false] : [true, false]) {
    Deno.test(`Slack, ${name}, ${wasSeen ? "event seen" : "event missed"}: old and new tokens read nothing any more`, async () => {
      await withSlack(async (app, workspace, old) => {
        equal(await reads(app, old), true);
        happens(workspace);
        if (wasSeen) {
          const body = JSON.stringify({ type: "event_callback", event_id: "E1", event, team_id: "T1" });
          const signed = await signedEvent(SECRET, body);
          equal((await app.request("/api/ingest/slack", signed)).status, 200);
        } else {
          await app.services.conversations.sync();
        }
        const fresh = await logIn(app, "ann", []);
        for (const token of [old, fresh]) equal(await reads(app, token), false);
      });
    });
  }
}

Deno.test("Slack, renamed: a channel and a person keep their ids, and with them their rights", async () => {
  await withSlack(async (app, _workspace, ann) => {
    const body = JSON.stringify({
      type: "event_callback",
      event_id: "E1",
      team_id: "T1",
      event: { type: "channel_rename", channel: { id: "C1", name: "renamed", created: 1 } },
    });
    equal((await app.request("/api/ingest/slack", await signedEvent(SECRET, body))).status, 200);
    equal(await reads(app, ann), true);
  });
});

Deno.test("equal names grant nothing, and a link taken back grants nothing any more", async () => {
  await withSlack(async (app, _workspace, ann) => {
    const namesake = await logIn(app, "name-of-U1", []);
    equal(await reads(app, namesake), false);
    equal(await app.services.conversations.accounts.unlink("ann", "slack:U1"), true);
    equal(await reads(app, ann), false);
  });
});

Deno.test("a program with conversations:write gets nobody into a channel of Slack's, and no word either", async () => {
  await withSlack(async (app) => {
    const mallory = await logIn(app, "mallory", []);
    const url = "/api/conversations/C1/messages";
    for (
      const body of [
        { username: "mallory", message: "let me in" },
        { messages: [{ username: "mallory", message: "let me in" }], members: ["mallory"], public: true },
      ]
    ) {
      const refused = await app.send("POST", url, body);
      equal(refused.status, 403);
      match((await refused.json()).detail, /belongs to slack/);
    }
    equal((await app.request(`${url}/${said.ts}`, { method: "DELETE" })).status, 403);
    equal(await reads(app, mallory), false);
    deepEqual(await app.database.query("SELECT text FROM message"), [[said.text]]);
  });
});

Deno.test("a program says who reads its channels: members by name, or everybody", async () => {
  await using app = await createTestApp();
  const [ann, bob] = [await logIn(app, "ann", []), await logIn(app, "bob", [])];
  await post(app, "ops", { username: "ann", message: "writing grants nothing" });
  deepEqual([await reads(app, ann, "ops"), await reads(app, bob, "ops")], [false, false]);
  const messages = [{ username: "ann", message: "the disk is full" }];
  await post(app, "ops", { messages, members: ["ann"] });
  deepEqual([await reads(app, ann, "ops"), await reads(app, bob, "ops")], [true, false]);
  await post(app, "ops", { messages, public: true });
  equal(await reads(app, bob, "ops"), true);
  await post(app, "ops", { messages, public: false });
  equal(await reads(app, bob, "ops"), false);
});

Deno.test("Mattermost: who was removed or deactivated while nobody listened reads nothing from the next sync on", async () => {
  const users = ["ann", "bob"].map((username) => ({
    id: idOf(username),
    username,
    password: `${username}'s secret`,
    delete_at: 0,
  }));
  const members = [idOf("ann"), idOf("bob")];
  await using mattermost = startFakeMattermost({
    users,
    channels: new Map([[idOf("town"), { name: "Town", members }]]),
    posts: [],
  });
  mattermost.sessions.set("job-token", idOf("bob"));
  await using app = await createTestApp({
    conversationSettings: { mattermost: { url: mattermost.url, token: "job-token", webhookTokens: [] } },
  });
  const enter = async (username: string) =>
    (await (await app.send("POST", "/api/auth", { username, password: `${username}'s secret` })).json()).data
      .token;
  const token = await enter("ann");
  const status = async () => (await stats(app, token, `most_active/${idOf("town")}`)).status;
  equal(await status(), 200);
  users[0]!.delete_at = 1;
  await app.services.conversations.sync();
  equal(await status(), 404, "deactivated");
  users[0]!.delete_at = 0;
  await app.services.conversations.sync();
  equal(await status(), 200, "active again");
  members.shift();
  await app.services.conversations.sync();
  equal(await status(), 404, "removed");
});
