import { deepEqual, equal } from "../support/assert.ts";
import { createAttemptStore } from "../../db/conversations/attempts.ts";
import { LoginAttempts } from "../../domain/conversations/people/attempts.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { PASSWORD, post, stats } from "./support.ts";

const OWNER = "192.0.2.1", STRANGER = "198.51.100.9";

/** Logs in from an address: the answer's status, and the token for the device. */
async function enter(app: TestApp, password: string, address: string, device?: string, username = "ann") {
  const answer = await app.request("/api/auth", {
    method: "POST",
    body: JSON.stringify({ username, password, device }),
    headers: { "X-Forwarded-For": `made-up, ${address}` },
  });
  return {
    status: answer.status,
    retryAfter: answer.headers.get("retry-after"),
    ...(await answer.json()).data,
  };
}

/** Counts wrong passwords as the server does, without the work that each costs it. */
async function guess(app: TestApp, times: number, name: string, addressOf: (index: number) => string) {
  const attempts = new LoginAttempts(createAttemptStore(app.database), () => app.time.now);
  for (let index = 0; index < times; index++) {
    await attempts.begin({ name, address: addressOf(index), device: undefined });
  }
}

async function createApp(database?: string): Promise<TestApp> {
  const app = await createTestApp({ trustProxy: true, ...(database !== undefined && { database }) });
  if (database === undefined) await app.services.conversations.accounts.add("ann", PASSWORD);
  return app;
}

Deno.test("who guesses from one address locks that address out, and nobody else, also after a restart", async () => {
  await using app = await createApp();
  await guess(app, 10, "ann", () => STRANGER);
  const refused = await enter(app, "wrong", STRANGER);
  deepEqual([refused.status, refused.retryAfter], [429, "600"]);
  equal((await enter(app, PASSWORD, OWNER)).status, 200);
  await using restarted = await createApp(app.databaseUrl);
  equal((await enter(restarted, PASSWORD, STRANGER)).status, 429);
  restarted.time.now = START + 10 * 60_000;
  equal((await enter(restarted, PASSWORD, STRANGER)).status, 200);
});

Deno.test("a name under attack from many addresses lets in known devices and addresses, and refuses others", async () => {
  await using app = await createApp();
  const { device } = await enter(app, PASSWORD, OWNER);
  await guess(app, 50, "ann", (index) => `203.0.113.${index}`);
  equal((await enter(app, PASSWORD, STRANGER)).status, 429, "an unknown device");
  equal((await enter(app, PASSWORD, OWNER)).status, 200, "a known address");
  equal((await enter(app, PASSWORD, STRANGER, device)).status, 200, "a known device");
  equal((await enter(app, PASSWORD, "198.51.100.10", `${device}x`)).status, 429, "a forged device");
  await app.services.conversations.accounts.add("bob", PASSWORD);
  const ofBob = (await enter(app, PASSWORD, OWNER, undefined, "bob")).device;
  equal((await enter(app, PASSWORD, "192.0.2.77", ofBob)).status, 429, "a device of another name");
  app.time.now = START + 366 * 86_400_000;
  await guess(app, 50, "ann", (index) => `203.0.113.${index}`);
  equal((await enter(app, PASSWORD, "198.51.100.11", device)).status, 429, "a device of last year");
});

Deno.test("an address that tries many names is refused for unknown devices only", async () => {
  await using app = await createApp();
  const { device } = await enter(app, PASSWORD, OWNER);
  for (let index = 0; index < 50; index++) await guess(app, 1, `user${index}`, () => STRANGER);
  equal((await enter(app, "wrong", STRANGER)).status, 429);
  equal((await enter(app, PASSWORD, STRANGER, device)).status, 200);
});

Deno.test("a device's own wrong passwords count for it alone, and it lets nobody in by itself", async () => {
  await using app = await createApp();
  const { device } = await enter(app, PASSWORD, OWNER);
  equal((await stats(app, device, "pulse")).status, 401);
  const wrong = await Promise.all(Array.from({ length: 11 }, () => enter(app, "wrong", OWNER, device)));
  deepEqual(wrong.map(({ status }) => status).toSorted(), [...Array(10).fill(401), 429]);
  equal((await enter(app, PASSWORD, OWNER, device)).status, 429);
  equal((await enter(app, PASSWORD, OWNER)).status, 200);
  await app.services.conversations.sweep();
  equal((await app.database.query("SELECT count(*) FROM wrong_password"))[0]![0], 10);
  app.time.now = START + 31 * 86_400_000;
  await app.services.conversations.sweep();
  const left = "SELECT (SELECT count(*) FROM wrong_password), (SELECT count(*) FROM known_address)";
  deepEqual(await app.database.query(left), [[0, 0]]);
});

testOnBothEngines("a channel belongs to the first key that writes to it", async (app) => {
  const said = (message: string) => ({ id: "1", username: "ann", message });
  const url = "/api/conversations/town/messages";
  await app.services.conversations.accounts.add("ann", PASSWORD, ["town"]);
  await post(app, "town", said("written before there was a key"));
  const first = await app.services.keys.add("deploys", ["conversations:write"], null);
  const second = await app.services.keys.add("slack", ["conversations:write"], null);
  const send = (key: string, method = "POST", path = url) =>
    app.request(path, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      ...(method === "POST" && { body: JSON.stringify({ messages: [said("mine now")], members: ["ann"] }) }),
    });
  equal((await send(first)).status, 201);
  const refused = await send(second);
  equal(refused.status, 403);
  equal((await refused.json()).detail.includes("deploys"), false, "nobody is told whose it is");
  equal((await send(second, "DELETE", `${url}/1`)).status, 403);
  equal((await send(second, "DELETE", "/api/conversations/none/messages/1")).status, 404);
  deepEqual(await app.database.query("SELECT text FROM message"), [["mine now"]]);
  const both = await Promise.all(
    [first, second].map((key) => send(key, "POST", "/api/conversations/new/messages")),
  );
  deepEqual(both.map(({ status }) => status).toSorted(), [201, 403]);
  equal((await send(first, "DELETE", `${url}/1`)).status, 204);
});
