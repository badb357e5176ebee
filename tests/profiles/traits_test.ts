import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const read = async (app: TestApp, path: string) => await (await app.request(path)).json();
const put = (app: TestApp, account: string, body: unknown) => app.send("PUT", `/profile/a/${account}`, body);

testOnBothEngines(
  "what an application itself knows is read back, the latest first, and counted",
  async (app) => {
    await put(app, "1", {
      crm: { id: 7, plan: "pro", seats: 3, tags: ["x"], gone: null },
      foursquare: { id: 1, x: 1 },
    });
    await app.send("PUT", "/profile/b/1", { crm: { id: 7, plan: "free" }, "my.shop": { "last.order": 12 } });
    const traits = { crm: { plan: "free", seats: 3, tags: ["x"] }, "my.shop": { "last.order": 12 } };
    deepEqual((await read(app, "/profile/a/1")).traits, traits);
    await put(app, "2", { crm: { plan: "pro" } });
    await put(app, "3", { crm: { plan: "unknown" } });
    await put(app, "4", {});
    deepEqual((await read(app, "/profile/a/4")).traits, undefined);
    deepEqual((await read(app, "/analytics/a?trait=crm.plan")).trait, { free: 1, pro: 1, unknown: 2 });
    deepEqual((await read(app, "/analytics/a?trait=my.shop.last.order")).trait, { 12: 1, unknown: 3 });
    deepEqual((await read(app, "/analytics/a?trait=nothing")).trait, { unknown: 4 });
    deepEqual(Object.keys((await read(app, "/analytics/a")).demographics).includes("crm"), false);
    equal((await app.request("/profile/b/1", { method: "DELETE" })).status, 204);
    deepEqual((await read(app, "/profile/a/1")).traits, { crm: { plan: "pro", seats: 3, tags: ["x"] } });
    deepEqual((await read(app, "/analytics/a?trait=crm.plan")).trait, { pro: 2, unknown: 2 });
    deepEqual(await app.services.analytics.recount(), new Map());
  },
);

testOnBothEngines(
  "of many values the commonest are counted, the rest together; too many are refused",
  async (app) => {
    const mails = Array.from(
      { length: 103 },
      (_, i) => put(app, `${i}`, { crm: { email: `${i}@example.org` } }),
    );
    await Promise.all([...mails, put(app, "again", { crm: { email: "102@example.org" } })]);
    const { trait } = await read(app, "/analytics/a?trait=crm.email");
    deepEqual([trait["102@example.org"], trait.other, trait.unknown], [2, 3, 0]);
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
    equal((await put(app, "x", { crm: keys(20) })).status, 200);
    equal((await put(app, "x", { crm: keys(21) })).status, 400);
    equal((await put(app, "x", { crm: { note: "x".repeat(1100) } })).status, 400);
  },
);

testOnBothEngines(
  "a service has at most 20 traits of an account, in however many updates they come",
  async (app) => {
    const keys = (name: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, i]));
    equal((await put(app, "x", { crm: keys("a", 20), "crm.x": keys("a", 15) })).status, 200);
    const refused = await put(app, "x", { crm: { id: 7, b0: 1 }, github: { location: "Rome" } });
    equal(refused.status, 400);
    equal((await refused.json()).detail.includes("at most 20"), true);
    deepEqual((await read(app, "/profile/a/x")).demographics, {});
    equal((await put(app, "x", { crm: { a0: "other" }, "crm.x": keys("b", 5) })).status, 200);
    equal((await put(app, "x", { "crm.x": { c: 1 } })).status, 400);
    const { traits } = await read(app, "/profile/a/x");
    deepEqual([traits.crm.a0, Object.keys(traits.crm).length, Object.keys(traits["crm.x"]).length], [
      "other",
      20,
      20,
    ]);
    // Accounts share a person, and each has its own.
    await put(app, "x", { phone: { id: 7 } });
    equal((await put(app, "y", { phone: { id: 7 }, crm: keys("b", 20) })).status, 200);
    deepEqual(await app.services.analytics.recount(), new Map());
  },
);
