/** Who may read what: every route that answers about channels, asked by everybody who may not and by a member. */
import { deepEqual, doesNotMatch, equal, match, ok } from "../support/assert.ts";
import { RunnelClient, RunnelProblem } from "../../client/mod.ts";
import { conversationRoutes } from "../../routes/conversations/routes.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { signedEvent } from "./fake_slack.ts";
import { logIn, minutesBefore, PASSWORD } from "./support.ts";

const SECRET = "shhh";
const SLACK = { signingSecret: SECRET, botToken: undefined, apiUrl: "http://127.0.0.1:1/api" };
const DAY = 86_400_000;
/** Whatever of this an answer has, it has from the private channel. */
const GIVEN_AWAY = /plutonium|reactor|una-of-slack|C1SECRET/i;

const send = async (app: TestApp, event: Record<string, unknown>) => {
  const body = JSON.stringify({ type: "event_callback", event_id: "E1", team_id: "T1", event });
  equal((await app.request("/api/ingest/slack", await signedEvent(SECRET, body))).status, 200);
};
const membership = (type: string, user: string) => ({
  type,
  user,
  channel: "C1SECRET",
  channel_type: "G",
  team: "T1",
});

/** People who may not read the channel, and how that came about after all of them could, or never could. */
const OUTSIDERS: Record<string, (app: TestApp) => Promise<unknown>> = {
  "never a member": (app) =>
    app.services.conversations.accounts.unlink("never a member", "slack:U-never a member"),
  "left": (app) => send(app, membership("member_left_channel", "U-left")),
  "deactivated": (app) => send(app, { type: "user_change", user: { id: "U-deactivated", deleted: true } }),
  "unlinked": (app) => app.services.conversations.accounts.unlink("unlinked", "slack:U-unlinked"),
};

/** A private channel of Slack's with messages of two days, in which all but one have been. */
async function fill(app: TestApp): Promise<void> {
  for (const ago of [60, 90, DAY / 60_000, DAY / 60_000 + 30]) {
    await send(app, {
      type: "message",
      channel: "C1SECRET",
      user: "U1",
      user_profile: { name: "una-of-slack" },
      text: "Who orders plutonium for the reactor? The reactor lost its plutonium.",
      ts: `${Math.floor((START - ago * 60_000) / 1000)}.000100`,
    });
  }
  await app.services.conversations.daily.write();
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const text = async (response: Response) => `${response.status} ${await response.text()}`;

/** Asks about a channel; times do not move, so that equal questions get equal answers. */
async function ask(
  app: TestApp,
  token: string,
  method: string,
  path: string,
  channel: string,
): Promise<string> {
  const address = path.replace(":channel_id", channel);
  if (method === "GET") return await text(await app.request(address, { headers: bearer(token) }));
  const body = path.includes("/recap/") ? {} : { time: minutesBefore(START, 300) };
  return await text(
    await app.request(address, { method, headers: bearer(token), body: JSON.stringify(body) }),
  );
}

const aboutChannel = conversationRoutes.filter(({ access, path }) =>
  access === "person" && path.includes(":channel_id")
);

Deno.test("every route about a channel answers an outsider as if it did not exist, whatever a member has asked", async () => {
  ok(aboutChannel.length >= 11);
  await using app = await createTestApp({ conversationSettings: { slack: SLACK } });
  const member = await logIn(app, "member", []);
  await app.services.conversations.accounts.link("member", ["slack:U1"]);
  await fill(app);
  await send(app, membership("member_joined_channel", "U1"));
  for (const [name, becomeOutsider] of Object.entries(OUTSIDERS)) {
    const token = await logIn(app, name, []);
    const account = `slack:U-${name}` as const;
    await app.services.conversations.accounts.link(name, [account]);
    if (name !== "never a member") {
      await app.services.conversations.slack.inbox.joined(membership("", `U-${name}`));
    }
    await becomeOutsider(app);
    for (const { method, path } of aboutChannel) {
      const what = `${name}: ${method} ${path}`;
      match(await ask(app, member, method, path, "C1SECRET"), /^200 /, what);
      const refused = await ask(app, token, method, path, "C1SECRET");
      match(refused, /^404 /, what);
      equal(
        refused.replaceAll("C1SECRET", "MISSING1"),
        await ask(app, token, method, path, "MISSING1"),
        what,
      );
    }
  }
});

Deno.test("what is told of all channels, counts included, has nothing of a channel for those who may not read it", async () => {
  await using app = await createTestApp({ conversationSettings: { slack: SLACK } });
  const member = await logIn(app, "member", []), outsider = await logIn(app, "outsider", []);
  await app.services.conversations.accounts.link("member", ["slack:U1"]);
  const paths = [
    "/api/stats/pulse",
    "/api/stats/recap",
    "/",
    "/dashboard/conversations?since=2026-01-01T00:00",
    "/metrics",
  ];
  const read = async (path: string, token?: string) => {
    const isPage = path.startsWith("/dashboard");
    const headers: Record<string, string> = token === undefined || path === "/metrics"
      ? {}
      : isPage
      ? { Cookie: `runnel_person=${token}` }
      : bearer(token);
    const answer = await (await app.stream(path, headers)).text();
    return answer.replaceAll(/name="token" value="[^"]*"/g, "");
  };
  const counted = async (token?: string) => JSON.parse(await read("/", token)).holds.conversations;
  const stable = paths.filter((path) => path !== "/metrics");
  const before = await Promise.all(stable.map((path) => read(path, outsider)));
  await fill(app);
  await send(app, membership("member_joined_channel", "U1"));
  for (const path of paths.slice(0, 4)) {
    if (path !== "/") match(await read(path, member), path.endsWith("pulse") ? /"rate":1/ : GIVEN_AWAY, path);
  }
  deepEqual(await Promise.all(stable.map((path) => read(path, outsider))), before);
  for (const path of paths) doesNotMatch(await read(path, outsider), GIVEN_AWAY, path);
  deepEqual([await counted(member), await counted(outsider), await counted(), await counted("forged")], [
    1,
    0,
    0,
    0,
  ]);
});

Deno.test("the client's reader is refused as the API refuses, and a public channel is counted for everybody", async () => {
  await using app = await createTestApp({ conversationSettings: { slack: SLACK } });
  await fill(app);
  await app.services.conversations.accounts.add("ann", PASSWORD);
  const runnel = new RunnelClient({
    url: "http://datahub:8080",
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request, body = await request.text();
      return await app.request(pathname + search, { method, headers, ...(body !== "" && { body }) });
    },
  });
  const ann = await runnel.conversations.logIn("ann", PASSWORD);
  const questions = [
    () => ann.recap("C1SECRET"),
    () => ann.summary("C1SECRET"),
    () => ann.markRead("C1SECRET"),
  ];
  for (const question of questions) {
    const refused = await question().then(() => undefined, (error) => error);
    ok(refused instanceof RunnelProblem);
    equal(refused.status, 404);
  }
  await app.services.conversations.inbox.post({ channel: "news", key: undefined }, [{
    username: "bob",
    message: "hello",
  }], { public: true });
  const home = await (await app.request("/", { headers: { Accept: "application/json" } })).json();
  equal(home.holds.conversations, 1);
});
