import { deepEqual, equal } from "../support/assert.ts";
import { openEmbedded } from "../../db/engine/embedded.ts";
import { migrate } from "../../db/migrate.ts";
import { MIGRATIONS } from "../../db/migrations/mod.ts";
import { createTestApp, START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const put = async (app: TestApp, path: string, ids: Record<string, string>, gender?: string) => {
  const services = Object.entries(ids).map(([service, id]) => [service, { id }]);
  const body = { ...Object.fromEntries(services), ...(gender && { facebook: { gender } }) };
  const { status } = await app.send("PUT", `/profile/${path}`, body);
  equal(status, 200);
};
const gender = async (app: TestApp, path: string) => {
  const response = await app.request(`/profile/${path}`);
  return (await response.json()).demographics?.gender;
};
const accounts = async (app: TestApp, path: string) => {
  const person = await (await app.request(`/person/${path}`)).json();
  return person.accounts.map((row: { app: string; account: string }) => `${row.app}/${row.account}`);
};
const genders = async (app: TestApp, name: string) =>
  (await (await app.request(`/analytics/${name}`)).json()).demographics.gender;
const codeOf = async (response: Response) => [response.status, (await response.json()).type.split("#")[1]];

testOnBothEngines("a wrong link is split for good, and joins again when the id is forgotten", async (app) => {
  await put(app, "a/1", { twitter: "shared" }, "female");
  await put(app, "a/2", { twitter: "shared", crm: "2" });
  await put(app, "b/3", { crm: "2" });
  deepEqual(await accounts(app, "b/3"), ["a/1", "a/2", "b/3"]);
  deepEqual(await genders(app, "a"), { female: 2, unknown: 0 });

  app.time.now += 1000;
  const link = { service: "twitter", id: "shared" };
  const answer = await app.send("POST", "/profile/a/2/split", link);
  deepEqual(await answer.json(), { split: [link] });
  deepEqual(await accounts(app, "a/1"), ["a/1"]);
  deepEqual(await accounts(app, "a/2"), ["a/2", "b/3"]);
  deepEqual([await gender(app, "a/1"), await gender(app, "b/3")], ["female", undefined]);
  deepEqual(await genders(app, "a"), { female: 1, unknown: 1 });
  const { ids } = await (await app.request("/person/a/2")).json();
  deepEqual(ids[2], {
    service: "twitter",
    id: "shared",
    app: "a",
    account: "2",
    since: new Date(START).toISOString(),
    split: new Date(START + 1000).toISOString(),
  });

  await put(app, "a/2", { twitter: "shared" });
  deepEqual(await accounts(app, "a/2"), ["a/2", "b/3"], "an update that says the id again joins nobody");
  await put(app, "c/4", { twitter: "shared" });
  deepEqual(await accounts(app, "c/4"), ["a/1", "c/4"], "the others are joined by the id as before");

  equal((await app.request("/profile/a/2/twitter", { method: "DELETE" })).status, 204);
  await put(app, "a/2", { twitter: "shared" });
  equal((await accounts(app, "a/2")).length, 4);
  deepEqual(await app.services.analytics.recount(), new Map());
});

testOnBothEngines("forgetting an id or an account divides those whom it joined", async (app) => {
  await put(app, "a/1", { twitter: "1" }, "male");
  await put(app, "a/2", { twitter: "1", crm: "2" });
  await put(app, "a/3", { crm: "2", shop: "3" });
  await put(app, "a/4", { shop: "3" });
  deepEqual(await genders(app, "a"), { male: 4, unknown: 0 });
  equal((await app.request("/profile/a/3/shop", { method: "DELETE" })).status, 204);
  deepEqual([await accounts(app, "a/4"), await accounts(app, "a/1")], [["a/4"], ["a/1", "a/2", "a/3"]]);
  equal((await app.request("/profile/a/2", { method: "DELETE" })).status, 204);
  deepEqual([await accounts(app, "a/1"), await accounts(app, "a/3")], [["a/1"], ["a/3"]]);
  deepEqual(await genders(app, "a"), { male: 1, unknown: 2 });
  deepEqual(await app.services.analytics.recount(), new Map());
});

testOnBothEngines("an account whose events came before its person leaves that person", async (app) => {
  equal((await app.request("/event/a/early/open", { method: "PUT" })).status, 200);
  await put(app, "b/first", { crm: "1" }, "male");
  await put(app, "a/early", { crm: "1" });
  deepEqual(await accounts(app, "b/first"), ["a/early", "b/first"]);
  equal((await app.request("/profile/a/early/crm", { method: "DELETE" })).status, 204);
  deepEqual([await accounts(app, "a/early"), await accounts(app, "b/first")], [["a/early"], ["b/first"]]);
  deepEqual([await genders(app, "a"), await genders(app, "b")], [{ unknown: 1 }, { male: 1, unknown: 0 }]);
  await put(app, "a/early", { crm: "1" });
  equal((await app.send("POST", "/profile/b/first/split", { service: "crm" })).status, 200);
  deepEqual([await accounts(app, "a/early"), await accounts(app, "b/first")], [["a/early"], ["b/first"]]);
  deepEqual(await app.services.analytics.recount(), new Map());
});

testOnBothEngines("links that are not there are refused, and what is wrong splits nothing", async (app) => {
  await put(app, "a/1", { twitter: "1", crm: "1" });
  await put(app, "a/2", { twitter: "1" });
  const split = (path: string, body: unknown) => app.send("POST", `/profile/${path}/split`, body);
  deepEqual(await codeOf(await split("a/nobody", {})), [404, "profile-not-found"]);
  deepEqual(await codeOf(await split("a/1", { service: "crm" })), [404, "link-not-found"]);
  deepEqual(await codeOf(await split("a/1", { service: "twitter", id: "2" })), [404, "link-not-found"]);
  for (const body of [{ services: "twitter" }, { id: {} }, { service: "" }, [], "twitter", null]) {
    deepEqual(await codeOf(await split("a/1", body)), [400, "invalid-request"], JSON.stringify(body));
  }
  for (const path of ["a/nobody/twitter", "a/1/shop"]) {
    equal((await app.request(`/profile/${path}`, { method: "DELETE" })).status, 404, path);
  }
  deepEqual(await accounts(app, "a/1"), ["a/1", "a/2"]);
  const all = await app.request("/profile/a/1/split", { method: "POST" });
  deepEqual(await all.json(), { split: [{ service: "twitter", id: "1" }] });
  deepEqual(await accounts(app, "a/1"), ["a/1"]);
});

testOnBothEngines(
  "a person of many accounts is joined, divided and forgotten with right counts",
  async (app) => {
    const putMany = (from: number, id: string) =>
      Promise.all(Array.from({ length: 60 }, (_, i) => put(app, `a/${from + i}`, { crm: id }, "female")));
    await Promise.all([putMany(0, "left"), putMany(60, "right")]);
    await put(app, "a/bridge", { crm: "left", shop: "right" });
    equal((await accounts(app, "a/0")).length, 61);
    await put(app, "a/bridge", { crm: "right" });
    equal((await accounts(app, "a/0")).length, 121);
    deepEqual(await genders(app, "a"), { female: 121, unknown: 0 });
    equal((await app.request("/profile/a/bridge", { method: "DELETE" })).status, 204);
    deepEqual([(await accounts(app, "a/0")).length, (await accounts(app, "a/119")).length], [60, 60]);
    deepEqual((await (await app.request("/person/a/0", { method: "DELETE" })).json()).accounts, 60);
    deepEqual(await genders(app, "a"), { female: 60, unknown: 0 });
    deepEqual(await app.services.analytics.recount(), new Map());
  },
);

Deno.test("persons that an earlier version kept together without an id are divided once", async () => {
  await using folder = await temporaryFolder();
  const engine = await openEmbedded(`${folder.path}/old.db`);
  await migrate(engine, MIGRATIONS.filter(({ version }) => version < 23));
  // Accounts 2, 3 and 4, 5 were joined by account 1, which is gone. Account 6 is joined to 7.
  await engine.write([
    `INSERT INTO app (id, name) VALUES (1, 'a')`,
    `INSERT INTO account (id, app, name, person) VALUES (2, 1, '2', NULL), (3, 1, '3', NULL), (4, 1, '4', NULL),
      (5, 1, '5', NULL), (6, 1, '6', NULL), (7, 1, '7', NULL)`,
    `UPDATE account SET person = 1 WHERE id < 6`,
    `UPDATE account SET person = 6 WHERE id >= 6`,
    `INSERT INTO identity (service, id, account) VALUES ('crm', 'x', 2), ('crm', 'x', 3), ('crm', 'y', 4),
      ('crm', 'y', 5), ('crm', 'z', 6), ('crm', 'z', 7)`,
    `INSERT INTO account_field VALUES (2, 'gender', 'female', 1), (6, 'gender', 'male', 2)`,
    `INSERT INTO person_field VALUES (1, 'gender', 'female', 1, 2), (6, 'gender', 'male', 2, 6)`,
  ].map((sql) => ({ sql, args: [] })));
  await engine.close();

  await using app = await createTestApp({ database: `file:${folder.path}/old.db` });
  deepEqual(await accounts(app, "a/3"), ["a/2", "a/3"]);
  deepEqual(await accounts(app, "a/5"), ["a/4", "a/5"]);
  deepEqual(await accounts(app, "a/7"), ["a/6", "a/7"]);
  deepEqual([await gender(app, "a/3"), await gender(app, "a/4")], ["female", undefined]);
  deepEqual(await genders(app, "a"), { female: 2, male: 2, unknown: 2 });
  deepEqual(await app.services.analytics.recount(), new Map());
  await put(app, "a/4", { crm: "x" });
  deepEqual(await accounts(app, "a/5"), ["a/2", "a/3", "a/4", "a/5"]);
});
