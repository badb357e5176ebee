import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { type FakeServer, idOf, startFakeMattermost } from "./fake_mattermost.ts";
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
  /** The error that asking for members answers. */
  refusal?: string;
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
    "conversations.members": () =>
      workspace.refusal === undefined
        ? { members: workspace.members }
        : { ok: false, error: workspace.refusal },
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
  "deactivated": {
    happens: (workspace) => workspace.deactivated = ["U1"],
    event: { type: "user_change", user: { id: "U1", name: "name-of-U1", deleted: true } },
  },
  "deactivated, with a channel that cannot be read": {
    happens: (workspace) => {
      workspace.deactivated = ["U1"];
      workspace.refusal = "internal_error";
    },
  },
  "no longer told of": { happens: (workspace) => workspace.refusal = "not_in_channel" },
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

/** Mattermost with a token's user, bob, who is in the town square but not in a private and a direct channel of ann's. */
async function withMattermost(
  test: (app: TestApp, server: FakeServer, enter: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const users = ["ann", "bob"].map((username) => ({ id: idOf(username), username, password: "secret" }));
  const channels = new Map([
    [idOf("town"), { name: "Town", members: [idOf("ann"), idOf("bob")] }],
    [idOf("private"), { name: "Private", members: [idOf("ann")] }],
    [idOf("direct"), { name: "", members: [idOf("ann"), idOf("carl")] }],
  ]);
  const posts = [...channels.keys()].map((channel_id, index) => ({
    id: idOf(`p${index}`),
    user_id: idOf("ann"),
    channel_id,
    message: "the plan is secret",
    type: "",
    create_at: START - 60_000,
    update_at: START - 60_000,
    delete_at: 0,
  }));
  await using mattermost = startFakeMattermost({ users, channels, posts });
  mattermost.sessions.set("job-token", idOf("bob"));
  await using app = await createTestApp({
    conversationSettings: { mattermost: { url: mattermost.url, token: "job-token", webhookTokens: [] } },
  });
  const enter = async () => {
    const login = await app.send("POST", "/api/auth", { username: "ann", password: "secret" });
    return (await login.json()).data.token;
  };
  await test(app, mattermost.server, enter);
}

const statusOf = async (app: TestApp, token: string, channel: string) =>
  (await stats(app, token, `most_active/${idOf(channel)}`)).status;

Deno.test("Mattermost, removed while nobody listened: nothing is read of the channel after one sync", async () => {
  await withMattermost(async (app, { channels }, enter) => {
    const token = await enter();
    await app.services.conversations.sync();
    equal(await statusOf(app, token, "town"), 200);
    channels.get(idOf("town"))!.members.shift();
    await app.services.conversations.sync();
    equal(await statusOf(app, token, "town"), 404);
  });
});

Deno.test("Mattermost, whoever nobody can ask for: members that a login told are none after one sync", async () => {
  await withMattermost(async (app, { channels }, enter) => {
    const token = await enter();
    for (const channel of ["private", "direct"]) equal(await statusOf(app, token, channel), 200, channel);
    channels.get(idOf("private"))!.members.shift();
    channels.delete(idOf("direct"));
    await app.services.conversations.sync();
    for (const channel of ["private", "direct"]) equal(await statusOf(app, token, channel), 404, channel);
    equal(await statusOf(app, token, "town"), 200);
  });
});

Deno.test("Mattermost, the token's user left: nobody reads the channel, until a login says who is in it", async () => {
  await withMattermost(async (app, { channels }, enter) => {
    const token = await enter();
    await app.services.conversations.sync();
    channels.get(idOf("town"))!.members.pop();
    await app.services.conversations.sync();
    equal(await statusOf(app, token, "town"), 404);
    equal(await statusOf(app, await enter(), "town"), 200);
  });
});

Deno.test("Mattermost, deactivated while nobody listened: nothing is read, and the token stays lost", async () => {
  await withMattermost(async (app, { users }, enter) => {
    const token = await enter();
    users[0]!.delete_at = START;
    await app.services.conversations.sync();
    for (const channel of ["town", "private", "direct"]) equal(await statusOf(app, token, channel), 401);
    equal(await enter(), undefined);
    users[0]!.delete_at = 0;
    app.time.now += 1;
    await app.services.conversations.sync();
    equal(await statusOf(app, token, "town"), 401);
    equal(await statusOf(app, await enter(), "town"), 200);
  });
});

Deno.test("Mattermost, deactivated: a person of Runnel whom the account is linked to reads nothing either", async () => {
  await withMattermost(async (app, { users }, enter) => {
    await enter();
    const ann = await logIn(app, "anna", []);
    await app.services.conversations.accounts.link("anna", [`mattermost:${idOf("ann")}`]);
    equal(await statusOf(app, ann, "private"), 200);
    users[0]!.delete_at = START;
    await app.services.conversations.sync();
    for (const channel of ["town", "private", "direct"]) equal(await statusOf(app, ann, channel), 404);
  });
});

Deno.test("Mattermost that fails or answers nonsense takes no rights away", async () => {
  await using mattermost = startFakeMattermost({
    users: [{ id: idOf("ann"), username: "ann", password: "secret" }],
    channels: new Map([[idOf("town"), { name: "Town", members: [idOf("ann")] }]]),
    posts: [],
  });
  mattermost.sessions.set("job-token", idOf("ann"));
  await using app = await createTestApp({
    conversationSettings: { mattermost: { url: mattermost.url, token: "job-token", webhookTokens: [] } },
  });
  const login = await app.send("POST", "/api/auth", { username: "ann", password: "secret" });
  const { token } = (await login.json()).data;
  for (
    const answer of [() => Response.json({ message: "internal" }, { status: 500 }), () => Response.json(null)]
  ) {
    for (const failing of ["/members", "/users/ids", "/teams"]) {
      mattermost.intercept = (path) => path.endsWith(failing) ? answer() : undefined;
      await app.services.conversations.sync();
      equal(await statusOf(app, token, "town"), 200, failing);
    }
  }
});

Deno.test("exports: whoever a later one of Mattermost lacks or calls deactivated reads nothing of its channels", async () => {
  await using app = await createTestApp();
  const said = { user: "ann", message: "the plan is secret", create_at: START - 60_000 };
  const importOf = async (users: object[]) => {
    const lines = [
      { type: "version", version: 1 },
      { type: "channel", channel: { team: "ops", name: "town", display_name: "Town" } },
      ...users.map((user) => ({ type: "user", user })),
      { type: "post", post: { team: "ops", channel: "town", ...said } },
      { type: "direct_post", direct_post: { channel_members: ["ann", "bob"], ...said } },
    ].map((line) => JSON.stringify(line));
    const progress = app.services.conversations.importMattermost(ReadableStream.from(lines), 0);
    for await (const _ of progress) { /* until it is in */ }
  };
  const teams = [{ name: "ops", channels: [{ name: "town" }] }];
  const people = ["ann", "bob", "carl"];
  const tokens: string[] = [];
  for (const name of people) {
    tokens.push(await logIn(app, name, []));
    await app.services.conversations.accounts.link(name, [`mattermost:@${name}`]);
  }
  const read = async () => {
    const recaps = await Promise.all(tokens.map((token) => stats(app, token, "recap")));
    return recaps.map(({ data }) => data.channels.map(({ name }: { name: string }) => name).toSorted());
  };
  await importOf(people.map((username) => ({ username, teams })));
  deepEqual(await read(), [["Town", "ann, bob"], ["Town", "ann, bob"], ["Town"]]);
  await importOf([{ username: "ann", teams }, { username: "bob", teams, delete_at: START }, {
    username: "carl",
  }]);
  deepEqual(await read(), [["Town", "ann, bob"], [], []]);
});
