import { deepEqual, equal } from "../support/assert.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { idOf, startFakeMattermost } from "./fake_mattermost.ts";

const MINUTE = 60_000;
const stored = (app: TestApp) =>
  app.database.query("SELECT author, text, details, reactions FROM message ORDER BY time DESC");

Deno.test("every kind of Mattermost post comes in, by sync and from an export", async () => {
  const props = (rest: unknown) => ({ props: rest });
  const kinds: [Record<string, unknown>, string | undefined][] = [
    [{ message: "the disk of ~town is full, @bob" }, "the disk of ~town is full, @bob"],
    [
      {
        message: "",
        ...props({
          from_webhook: "true",
          override_username: "deploys",
          attachments: [{
            pretext: "Deploy",
            title: "billing",
            text: "failed",
            fields: [{ title: "Took", value: 4 }],
          }],
        }),
      },
      "Deploy\nbilling\nfailed\nTook: 4",
    ],
    [{ message: "see", metadata: { files: [{ id: "x", name: "figures.csv" }] } }, "see\n[file: figures.csv]"],
    [{ message: "waves", type: "me" }, "waves"],
    [{ message: "opened a pull request", type: "custom_git_pr" }, "opened a pull request"],
    [{
      message: "it is db-3",
      root_id: idOf("p0"),
      metadata: { reactions: [{ user_id: idOf("bob"), emoji_name: "eyes" }] },
    }, "it is db-3"],
    [{ message: "ann joined", type: "system_join_channel" }, undefined],
    [{ message: "  ", props: null, metadata: null }, undefined],
  ];
  const at = (index: number) => START - (index + 1) * MINUTE;
  await using server = startFakeMattermost({
    users: [{ id: idOf("ann"), username: "ann", password: "x" }],
    channels: new Map([[idOf("town"), { name: "Town", members: [idOf("ann")] }]]),
    posts: kinds.map(([rest], index) => ({
      id: idOf(`p${index}`),
      user_id: idOf("ann"),
      channel_id: idOf("town"),
      message: "",
      type: "",
      create_at: at(index),
      update_at: at(index),
      delete_at: 0,
      ...rest,
    })),
  });
  server.sessions.set("job-token", idOf("ann"));
  const mattermost = { url: server.url, token: "job-token", webhookTokens: [] };
  await using app = await createTestApp({ conversationSettings: { mattermost } });
  await app.services.conversations.sync();
  const expected = kinds.flatMap(([, text]) => text ?? []);
  const rows = await stored(app);
  deepEqual(rows.map(([, text]) => text), expected);
  deepEqual(rows.map(([author]) => author), ["ann", "deploys", "ann", "ann", "ann", "ann"]);
  const link = (index: number) => `${server.url}/team/pl/${idOf(`p${index}`)}`;
  deepEqual(JSON.parse(rows[1]![2] as string), { bot: true, link: link(1) });
  deepEqual(JSON.parse(rows[5]![2] as string), { thread: idOf("p0"), link: link(5) });
  equal(rows[5]![3], `{"eyes ${idOf("bob")}":1}`);
  const version = () => app.database.query("SELECT version FROM conversation");
  const before = await version();
  await app.services.conversations.sync();
  deepEqual(await version(), before);

  await using other = await createTestApp();
  const exported = kinds.map(([{ metadata, root_id: _, ...rest }], index) => ({
    type: "post",
    post: {
      team: "ops",
      channel: "town",
      user: "ann",
      create_at: at(index),
      ...rest,
      attachments: metadata && index === 2 ? [{ path: "data/figures.csv" }] : undefined,
      replies: index === 0
        ? [{
          user: "bob",
          message: "a reply",
          create_at: START,
          reactions: [{ user: "ann", emoji_name: "eyes" }],
        }]
        : null,
    },
  }));
  const lines = [{ type: "version", version: 1 }, ...exported].map((line) => JSON.stringify(line));
  const read = async function* () {
    yield* lines;
  };
  for await (const _ of other.services.conversations.importMattermost(read(), 1));
  const [reply, root] = await other.database.query(
    "SELECT text, details ->> 'thread', reactions, origin FROM message ORDER BY time DESC LIMIT 2",
  );
  deepEqual(reply!.slice(0, 3), ["a reply", root![3], '{"eyes ann":1}']);
  deepEqual((await stored(other)).slice(1).map(([, text]) => text), expected);
});
