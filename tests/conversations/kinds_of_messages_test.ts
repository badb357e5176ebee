import { deepEqual, doesNotMatch, equal } from "../support/assert.ts";
import { unnamed } from "../../domain/conversations/foreign.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { signedEvent, startFakeSlack } from "./fake_slack.ts";
import { logIn, post, stats } from "./support.ts";

const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const MINUTE = 60_000;
const ts = (minutes: number) => `${Math.floor(START / 1000) - minutes * 60}.000100`;
const section = (...elements: unknown[]) => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements }],
});

/** Each kind of message of Slack with what is shown of it; undefined: it says nothing. */
const SLACK: [Record<string, unknown>, string | undefined][] = [
  [
    {
      user: "U1",
      text:
        "<@U2> see <#C55|ops> and <#C56>, <!here> <!subteam^S1|@devs>: 1 &lt; 2 &amp; <https://a.example/x|the list>",
    },
    "@bob see #ops and #channel, @here @devs: 1 < 2 & the list (https://a.example/x)",
  ],
  [
    { user: "U1", text: "<https://a.example> <mailto:x@a.example|x@a.example> <!date^1^{date}|May 4>" },
    "https://a.example x@a.example May 4",
  ],
  [
    {
      bot_id: "B1",
      subtype: "bot_message",
      username: "deploys",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "Deploy failed" } },
        { type: "divider" },
        {
          type: "section",
          text: { type: "mrkdwn", text: "*billing* on <@U1>'s branch" },
          fields: [{ type: "mrkdwn", text: "Took: 4 min" }],
        },
        {
          type: "context",
          elements: [{ type: "mrkdwn", text: "build 7" }, { type: "image", alt_text: "red" }],
        },
        { type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Retry" } }] },
      ],
    },
    "Deploy failed\n*billing* on @ann's branch\nTook: 4 min\nbuild 7 red",
  ],
  [
    {
      user: "U2",
      text: "",
      blocks: [
        section({ type: "user", user_id: "U1" }, { type: "text", text: " the <disk> " }, {
          type: "emoji",
          name: "fire",
        }),
        {
          type: "rich_text",
          elements: [
            {
              type: "rich_text_list",
              elements: [
                { type: "rich_text_section", elements: [{ type: "text", text: "db-3" }] },
                { type: "rich_text_section", elements: [{ type: "link", url: "https://a.example" }] },
              ],
            },
            { type: "rich_text_quote", elements: [{ type: "text", text: "it is full" }] },
            { type: "rich_text_preformatted", elements: [{ type: "text", text: "df -h" }] },
          ],
        },
      ],
    },
    "@ann the <disk> :fire:\n- db-3\n- https://a.example\n> it is full\n```\ndf -h\n```",
  ],
  [
    {
      user: "U1",
      text: "what people write is said once",
      blocks: [section({ type: "text", text: "what people write is said once" })],
    },
    "what people write is said once",
  ],
  [
    {
      bot_id: "B2",
      bot_profile: { name: "alerts" },
      text: "",
      attachments: [
        {
          pretext: "Alert",
          title: "Disk",
          text: "97 % used",
          fields: [{ title: "Host", value: "db-3" }],
          fallback: "no",
        },
        { fallback: "only a fallback" },
        { from_url: "https://a.example", title: "A preview", text: "of a link" },
      ],
    },
    "Alert\nDisk\n97 % used\nHost: db-3\nonly a fallback",
  ],
  [{
    user: "U1",
    text: "the figures",
    subtype: "file_share",
    files: [{ id: "F1", name: "figures.csv" }, { mode: "tombstone" }],
  }, "the figures\n[file: figures.csv]\n[file: without a name]"],
  [{ user: "U1", text: "told to all", subtype: "thread_broadcast", thread_ts: ts(1) }, "told to all"],
  [{ user: "U1", text: "waves", subtype: "me_message" }, "waves"],
  [
    { user: "U9", text: "a stranger and <@U8>", user_profile: { name: "zoe" } },
    `a stranger and @${unnamed("U8")}`,
  ],
  [{ user: "U1", text: "<@U1> has joined", subtype: "channel_join" }, undefined],
  [{ user: "U1", text: "A huddle started", subtype: "huddle_thread" }, undefined],
  [{ user: "USLACKBOT", text: "This message was deleted.", subtype: "tombstone" }, undefined],
  [{ user: "U1", text: "", blocks: "none", attachments: [null, 5], files: {} }, undefined],
];
const AUTHORS = ["ann", "ann", "deploys", "bob", "ann", "alerts", "ann", "ann", "ann", "zoe"];
const NAMES = [{ id: "U1", name: "ann" }, { id: "U2", name: "bob" }];
const stored = (app: TestApp) =>
  app.database.query("SELECT author, text, details, reactions FROM message ORDER BY time DESC");
const slackMessages = () =>
  SLACK.map(([message], index) => ({ type: "message", ts: ts(index + 1), ...message }));

/** Holds what is stored against the fixtures. */
async function holdsSlack(app: TestApp): Promise<void> {
  const rows = await stored(app);
  deepEqual(rows.map(([, text]) => text), SLACK.flatMap(([, text]) => text ?? []));
  deepEqual(rows.map(([author]) => author), AUTHORS);
  for (const [author, text] of rows) doesNotMatch(`${author} ${text}`, /\b[UCBS]\d/);
  const bots = rows.filter(([, , details]) => JSON.parse(details as string ?? "{}").bot).map(([author]) =>
    author
  );
  deepEqual(bots, ["deploys", "alerts"]);
}

/** A workspace with these messages; a test may change them. */
function startWorkspace(messages: Record<string, unknown>[]) {
  return startFakeSlack("xoxb-1", {
    "auth.test": () => ({ url: "https://acme.slack.com/", team: "Acme" }),
    "users.list": () => ({ members: NAMES }),
    "users.info": () => ({}),
    "conversations.list": () => ({ channels: [{ id: "C1", name: "town", is_member: true }] }),
    "conversations.members": () => ({ members: ["U1"] }),
    "conversations.history": (form) => ({
      messages: messages.filter((message) =>
        (message.thread_ts === undefined || message.thread_ts === message.ts ||
          message.subtype === "thread_broadcast") &&
        Number(message.ts) > Number(form.get("oldest"))
      ),
    }),
    "conversations.replies": (form) => ({
      messages: messages.filter(({ thread_ts }) => thread_ts === form.get("ts")),
    }),
  });
}
const settingsOf = (url: string, botToken: string | undefined = "xoxb-1") => ({
  conversationSettings: { slack: { signingSecret: SECRET, botToken, apiUrl: url } },
});
const send = async (app: TestApp, event: Record<string, unknown>) => {
  const body = JSON.stringify({ token: "x", team_id: "T1", type: "event_callback", event });
  equal((await app.request("/api/ingest/slack", await signedEvent(SECRET, body))).status, 200);
};

Deno.test("every kind of Slack message comes in by events, as people see it", async () => {
  await using workspace = startWorkspace([]);
  await using app = await createTestApp(settingsOf(workspace.url));
  await app.services.conversations.sync();
  for (const message of slackMessages()) await send(app, { channel: "C1", ...message });
  await holdsSlack(app);
});

Deno.test("every kind of Slack message comes in by history, and reading it again changes nothing", async () => {
  await using workspace = startWorkspace(slackMessages());
  await using app = await createTestApp(settingsOf(workspace.url));
  await app.services.conversations.sync();
  await holdsSlack(app);
  const version = () => app.database.query("SELECT version FROM conversation");
  const before = await version();
  app.time.now += MINUTE;
  await app.services.conversations.sync();
  deepEqual(await version(), before);
  deepEqual(app.log, []);
});

Deno.test("every kind of Slack message comes in from an export", async () => {
  await using app = await createTestApp();
  const bytes = (value: unknown) => JSON.stringify(value);
  const files: Record<string, string> = {
    "users.json": bytes(NAMES),
    "channels.json": bytes([{ id: "C1", name: "town", members: ["U1"] }]),
    "town/2026-01-02.json": bytes(slackMessages()),
  };
  const archive = { names: Object.keys(files), read: (name: string) => Promise.resolve(files[name]!) };
  for await (const _ of app.services.conversations.importSlack(archive));
  await holdsSlack(app);
});

Deno.test("what happened in Slack while Runnel was away arrives: replies, edits, deletions, reactions, names, links", async () => {
  const said = (user: string, text: string, minutes: number, rest = {}) => ({
    user,
    text,
    ts: ts(minutes),
    ...rest,
  });
  const root = said("U1", "the disk is full", 50, {
    thread_ts: ts(50),
    reply_count: 2,
    latest_reply: ts(40),
  });
  const messages: Record<string, unknown>[] = [
    said("U1", "the secret is 1234", 60),
    root,
    said("U2", "which one?", 45, { thread_ts: ts(50) }),
    said("U2", "a reply that is wrong", 40, { thread_ts: ts(50) }),
  ];
  await using workspace = startWorkspace(messages);
  await using app = await createTestApp(settingsOf(workspace.url));
  await app.services.conversations.sync();
  deepEqual((await stored(app)).length, 4);

  messages.splice(0, 1);
  Object.assign(root, { text: "the disk of db-3 is full", edited: { user: "U1", ts: ts(5) } });
  Object.assign(root, { reactions: [{ name: "eyes", users: ["U2"], count: 3 }] });
  messages.splice(2, 1);
  messages.push(said("U1", "db-3", 10, { thread_ts: ts(50) }));
  Object.assign(root, { latest_reply: ts(10) });
  app.time.now += MINUTE;
  // Another process, as after a restart.
  await using restarted = await createTestApp({ ...settingsOf(workspace.url), database: app.databaseUrl });
  restarted.time.now = app.time.now;
  await restarted.services.conversations.sync();
  const thread = (minutes: number) => ({
    thread: ts(50),
    link: `https://acme.slack.com/archives/C1/p${ts(minutes).replace(".", "")}` +
      (minutes === 50 ? "" : `?thread_ts=${ts(50)}&cid=C1`),
  });
  const rows = await stored(restarted);
  deepEqual(
    rows.map((
      [author, text, details, reactions],
    ) => [author, text, JSON.parse(details as string), reactions]),
    [
      ["ann", "db-3", thread(10), "{}"],
      ["bob", "which one?", thread(45), "{}"],
      ["ann", "the disk of db-3 is full", thread(50), '{"eyes U2":1,"eyes ?0":1,"eyes ?1":1}'],
    ],
  );

  const readsThreads = async () => {
    const before = workspace.calls.length;
    await restarted.services.conversations.sync();
    return workspace.calls.slice(before).includes("conversations.replies");
  };
  equal(await readsThreads(), false, "a thread without news is left alone");
  restarted.time.now += 60 * MINUTE;
  equal(await readsThreads(), true, "once an hour all are read again");

  workspace.intercept = (method) =>
    method === "conversations.history" ? Response.json({ ok: true, messages: null }) : undefined;
  await restarted.services.conversations.sync();
  equal((await stored(restarted)).length, 3, "an answer without messages deletes none");
});

Deno.test("reactions come by events, each once, and go again", async () => {
  await using app = await createTestApp(settingsOf("http://127.0.0.1:1/api", undefined));
  await send(app, { type: "message", channel: "C1", user: "U1", text: "shipped", ts: ts(5) });
  const item = { type: "message", channel: "C1", ts: ts(5) };
  const react = (type: string, user: string) =>
    send(app, { type, user, reaction: "tada", item, event_ts: ts(1) });
  for (const user of ["U1", "U2", "U2"]) await react("reaction_added", user);
  equal((await stored(app))[0]![3], '{"tada U1":1,"tada U2":1}');
  await react("reaction_removed", "U1");
  await react("reaction_removed", "U7");
  equal((await stored(app))[0]![3], '{"tada U2":1}');
});

Deno.test("programs say threads, answers, bots and links, and recaps cite the links", async () => {
  await using app = await createTestApp();
  const said = (id: string, message: string, rest = {}) => ({ id, username: "ann", message, ...rest });
  await post(app, "town", [
    said("1", "The disk of db-3 is full."),
    said("2", "We decided to buy a bigger disk for db-3.", {
      thread: "1",
      reply_to: "1",
      link: "https://a.example/2",
    }),
    said("3", "Build 7 of billing failed.", { bot: true }),
  ]);
  const wrong = [{ thread: "" }, { reply_to: 5 }, { bot: "yes" }, { link: "javascript:alert(1)" }, {
    likes: 5,
  }];
  for (const rest of wrong) {
    const url = "/api/conversations/town/messages";
    equal((await app.send("POST", url, said("4", "x", rest))).status, 400, JSON.stringify(rest));
  }
  const details = await app.database.query("SELECT details FROM message ORDER BY origin");
  deepEqual(details, [
    [null],
    ['{"thread":"1","replyTo":"1","link":"https://a.example/2"}'],
    ['{"bot":true}'],
  ]);
  const { data } = await stats(app, await logIn(app, "ann"), "recap/town");
  const cited = data.topics.flatMap(({ points }: { points: { messages: unknown[] }[] }) =>
    points.flatMap(({ messages }) => messages)
  );
  deepEqual(cited.find(({ id }: { id: string }) => id === "2").link, "https://a.example/2");
});
