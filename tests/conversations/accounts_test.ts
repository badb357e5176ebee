import { deepEqual, equal, match, notEqual } from "../support/assert.ts";
import { sign } from "hono/jwt";
import { createTestApp, START, testOnBothEngines } from "../support/app.ts";
import { logIn, PASSWORD, post, stats } from "./support.ts";

const HOUR = 3_600_000;

testOnBothEngines("POST /api/auth answers a token, the user's channels and their pulse", async (app) => {
  await post(app, "town", { username: "ann", message: "the disk is full" });
  await post(app, "secret", { username: "bob", message: "nobody else reads this" });
  await app.services.conversations.accounts.add("ann", PASSWORD, ["town"]);
  for (const path of ["/api/auth", "/api/auth/"]) {
    const response = await app.send("POST", path, { username: "ann", password: PASSWORD });
    equal(response.status, 200);
    const { status, data, message, errors } = await response.json();
    deepEqual([status, message, errors], [200, "OK", undefined]);
    deepEqual(data.channels, [{ id: "town", name: "town" }]);
    equal(data.pulse.length, 288);
    deepEqual(data.pulse.at(-1), { rate: 1, time: "2026-01-02T03:00:00.000Z" });
    equal(atob(data.token.split(".")[1]).includes(PASSWORD), false);
  }
});

testOnBothEngines("logging out makes a token useless, and no other", async (app) => {
  const first = await logIn(app, "ann"), second = await logIn(app, "bob");
  const out = await app.request("/api/auth/logout", {
    method: "POST",
    headers: { Authorization: `Bearer ${first}` },
  });
  deepEqual(await out.json(), { status: 200, data: {}, message: "logged out" });
  equal((await stats(app, first, "pulse")).status, 401);
  equal((await stats(app, second, "pulse")).status, 200);
});

Deno.test("a token is refused when it is expired, forged, unsigned, or its user has changed or gone", async () => {
  await using app = await createTestApp({
    conversationSettings: { tokenSecret: "0123456789abcdef0123456789abcdef" },
  });
  const token = await logIn(app, "ann");
  const claims = JSON.parse(atob(token.split(".")[1]!));
  const forged = [
    await sign(claims, "another secret of thirty-two chars", "HS256"),
    await sign(claims, "0123456789abcdef0123456789abcdef", "HS384"),
    `${btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "")}.${token.split(".")[1]}.`,
    `${token}x`,
    "x.y.z",
    "",
  ];
  for (const each of forged) equal((await stats(app, each, "pulse")).status, 401, each);
  equal((await stats(app, token, "pulse")).status, 200);
  app.time.now = START + 12 * HOUR;
  equal((await stats(app, token, "pulse")).status, 401);

  const again = await logIn(app, "ann");
  app.time.now += 1;
  await app.services.conversations.accounts.add("ann", "another password");
  equal((await stats(app, again, "pulse")).status, 401);
  const bob = await logIn(app, "bob");
  await app.services.conversations.accounts.remove("bob");
  equal((await stats(app, bob, "pulse")).status, 401);
});

Deno.test("wrong credentials are 401 and a malformed login 400, all in the envelope", async () => {
  await using app = await createTestApp();
  await app.services.conversations.accounts.add("ann", PASSWORD);
  for (const credentials of [["ann", "wrong"], ["nobody", PASSWORD], ["Ann", PASSWORD], ["ann ", PASSWORD]]) {
    const [username, password] = credentials;
    const response = await app.send("POST", "/api/auth", { username, password });
    equal(response.status, 401);
    const body = await response.json();
    deepEqual(body, {
      status: 401,
      data: {},
      message: "the user name or the password is wrong",
      errors: [],
    });
  }
  const wrong = ["", "{", "null", "[]", "{}", '{"username":"ann"}', '{"username":1,"password":2}', '"x"'];
  wrong.push('{"username":"","password":"x"}', `{"username":"${"x".repeat(200)}","password":"x"}`);
  wrong.push('{"username":"a\\u0000","password":"x"}', '{"username":"\\ud800","password":"x"}');
  for (const body of wrong) {
    const response = await app.request("/api/auth", { method: "POST", body });
    equal(response.status, 400, body);
    const { status, errors } = await response.json();
    equal(status, 400);
    equal(Array.isArray(errors), true);
  }
  equal((await (await app.request("/api/auth")).json()).status, 405);
  equal((await (await app.request("/api/stats/nothing")).json()).status, 404);
  equal(app.log.length, 0);
});

Deno.test("ten wrong passwords for a name are 429 with Retry-After, until ten minutes have passed", async () => {
  await using app = await createTestApp();
  const token = await logIn(app, "ann");
  const attempt = (username: string, password: string) =>
    app.send("POST", "/api/auth", { username, password });
  const statuses = await Promise.all(
    Array.from({ length: 14 }, async () => (await attempt("ann", "wrong")).status),
  );
  deepEqual(statuses.toSorted(), [...Array(10).fill(401), ...Array(4).fill(429)]);
  const refused = await attempt("ann", PASSWORD);
  equal(refused.status, 429);
  equal(refused.headers.get("retry-after"), "600");
  equal((await refused.json()).status, 429);
  equal((await stats(app, token, "pulse")).status, 200);
  app.time.now += 10 * 60_000;
  equal((await attempt("ann", PASSWORD)).status, 200);
});

Deno.test("passwords are stored as scrypt with a salt of their own", async () => {
  await using app = await createTestApp();
  await logIn(app, "ann");
  await logIn(app, "bob");
  const rows = await app.database.query("SELECT password FROM own_user ORDER BY name");
  for (const [stored] of rows) match(stored as string, /^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  notEqual(rows[0]![0], rows[1]![0]);
});

testOnBothEngines("tokens stay valid after a restart, in every process of the database", async (app) => {
  const token = await logIn(app, "ann");
  const rows = await app.database.query("SELECT name FROM server_secret");
  deepEqual(rows, [["token"]]);
  const { createServices } = await import("../../domain/services.ts");
  const other = createServices(app.database, {
    diskReserveBytes: 0,
    eventTtlDays: 365,
    sessionTtlDays: 365,
    keepRevisionsMillis: 86_400_000,
    cacheBytes: 1,
    conversations: { tokenHours: 12, messageTtlDays: 1 },
    jobs: [],
    log: () => {},
    clock: () => app.time.now,
  });
  equal((await other.conversations.accounts.whoIs(token)).person, "own:ann");
});
