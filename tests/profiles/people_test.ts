import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const NDJSON = { Accept: "application/x-ndjson" };
const SECRETS = ["secret-account", "SecretTown", "secret-id", "secret-event", "secret-context", "secretword"];

/** A person with two accounts, events and sessions, and a stranger. */
async function fill(app: TestApp): Promise<void> {
  const profile = (path: string, body: unknown) => app.send("PUT", `/profile/${path}`, body);
  await profile("a/secret-account", {
    twitter: { id: "secret-id", location: "SecretTown", description: "I love secretword" },
    linkedin: { dateOfBirth: { year: 1984, month: 7, day: 23 } },
  });
  await profile("b/secret-account-2", { twitter: { id: "secret-id" } });
  await profile("a/stranger", { twitter: { id: "other", location: "Bern" } });
  await app.request("/event/a/secret-account/secret-event?context=secret-context", { method: "PUT" });
  await app.request("/event/a/secret-account/secret-event", { method: "PUT" });
  await app.request("/event/a/stranger/open", { method: "PUT" });
  const session = (user_id: string, session_id: string) => ({
    user_id,
    session_id,
    event: "start",
    ts: "2026-01-01T00:00:00",
    country: "DE",
  });
  await app.send("POST", "/user/batches", [
    session("secret-account", "secret-session"),
    session("stranger", "s"),
  ]);
}

testOnBothEngines("all that is known of a person is in one document, or a line each", async (app) => {
  await fill(app);
  const from = Math.floor(START / 300_000) * 300_000;
  const iso = (time: number) => new Date(time).toISOString();
  const event = {
    app: "a",
    account: "secret-account",
    event: "secret-event",
    from: iso(from),
    to: iso(from + 300_000),
  };
  const wanted = {
    accounts: [
      {
        app: "a",
        account: "secret-account",
        demographics: { location: "SecretTown", dateOfBirth: "1984-07-23" },
        traits: {},
        keywords: ["love", "secretword"],
        lastEventHour: "2026-01-02T03:00:00.000Z",
      },
      {
        app: "b",
        account: "secret-account-2",
        demographics: {},
        traits: {},
        keywords: [],
        lastEventHour: null,
      },
    ],
    ids: ["a/secret-account", "b/secret-account-2"].map((name) => {
      const [app, account] = name.split("/");
      return { service: "twitter", id: "secret-id", app, account, since: iso(START), split: null };
    }),
    events: [{ ...event, context: "", count: 1 }, { ...event, context: "secret-context", count: 1 }],
    sessions: [{
      user_id: "secret-account",
      session_id: "secret-session",
      country: "DE",
      start: "2026-01-01T00:00:00",
      end: null,
      received: iso(START).replace("Z", ""),
    }],
    ambiguousUsers: [],
  };
  deepEqual(
    await (await app.request("/person/b/secret-account-2")).json(),
    wanted,
    "asked by any of the accounts",
  );
  const lines = await app.request("/person/a/secret-account", { headers: NDJSON });
  equal(lines.headers.get("content-type"), "application/x-ndjson");
  deepEqual(
    (await lines.text()).trimEnd().split("\n").map((line) => JSON.parse(line)),
    Object.entries(wanted).flatMap(([kind, values]) => values.map((value) => ({ kind, ...value }))),
  );
  const stranger = await (await app.request("/person/a/stranger")).json();
  deepEqual([stranger.accounts.length, stranger.events.length, stranger.sessions.length], [1, 1, 1]);
  equal((await app.request("/person/a/nobody")).status, 404);
});

testOnBothEngines("a person who is forgotten is gone everywhere, and nobody else", async (app) => {
  await fill(app);
  const answer = await app.request("/person/b/secret-account-2", { method: "DELETE" });
  deepEqual(await answer.json(), { accounts: 2, ids: 2, events: 2, sessions: 1, ambiguousUsers: [] });
  for (const path of ["/person/a/secret-account", "/profile/b/secret-account-2"]) {
    equal((await app.request(path)).status, 404);
  }
  equal((await app.request("/person/a/secret-account", { method: "DELETE" })).status, 404);
  const { accounts, events, contexts } = await (await app.request("/analytics/a")).json();
  deepEqual([accounts, events, contexts], [1, ["open"], { open: {} }]);
  equal((await (await app.request("/user/last-events?days=30")).json()).DE.length, 1);
  deepEqual(await app.services.analytics.recount(), new Map());
  const audit = await app.services.audit.list(9);
  deepEqual(audit.map(({ subject }) => subject), ["/person/b/:account"]);
});

testOnBothEngines(
  "sessions of a user who may be somebody else are neither shown nor removed",
  async (app) => {
    await app.send("PUT", "/profile/a/42", { twitter: { id: "one" } });
    await app.send("PUT", "/profile/a/only", { twitter: { id: "one" } });
    await app.send("PUT", "/profile/b/42", { twitter: { id: "another" } });
    const start = (user_id: string) => ({
      user_id,
      session_id: "s",
      event: "start",
      ts: "2026-01-01T00:00:00",
    });
    equal((await app.send("POST", "/user/batches", [start("42"), start("only")])).status, 200);
    const users = async (path: string) => {
      const { sessions, ambiguousUsers } = await (await app.request(`/person/${path}`)).json();
      return [sessions, ambiguousUsers].map((rows) => rows.map((row: { user_id: string }) => row.user_id));
    };
    deepEqual(await users("a/42"), [["only"], ["42"]]);
    deepEqual(await users("b/42"), [[], ["42"]]);
    const removed = await (await app.request("/person/a/42", { method: "DELETE" })).json();
    deepEqual(removed, { accounts: 2, ids: 2, events: 0, sessions: 1, ambiguousUsers: ["42"] });
    deepEqual(await users("b/42"), [["42"], []], "nobody else has the name any more");

    await app.request("/event/c/42/open", { method: "PUT" });
    deepEqual(await users("b/42"), [[], ["42"]], "an account without a profile is somebody, too");
    await app.send("PUT", "/profile/c/42", { twitter: { id: "another" } });
    deepEqual(await users("b/42"), [["42"], []], "both are of one person");
  },
);

Deno.test("not a string of a person who was forgotten is left in the file and its log", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/runnel.db`;
  const find = async () => {
    const found: string[] = [];
    for (const path of [file, `${file}-wal`]) {
      const bytes = await Deno.readFile(path).catch(() => new Uint8Array());
      const text = new TextDecoder("latin1").decode(bytes);
      found.push(...[...SECRETS, "secret-session"].filter((secret) => text.includes(secret)));
    }
    return found;
  };
  {
    await using app = await createTestApp({ database: `file:${file}` });
    await fill(app);
  }
  ok((await find()).length >= SECRETS.length, "what is known is in the file");
  {
    await using app = await createTestApp({ database: `file:${file}` });
    equal((await app.request("/person/a/secret-account", { method: "DELETE" })).status, 200);
    await app.database.engine.write([{ sql: "UPDATE profile_update SET number = number + 1", args: [] }]);
  }
  deepEqual(await find(), []);
});
