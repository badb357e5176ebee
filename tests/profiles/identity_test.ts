import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const read = async (app: TestApp, path: string) => await (await app.request(path)).json();

testOnBothEngines("ids that stand for nobody never make strangers one person", async (app) => {
  const none = ["", 0, "0", "undefined", "null", "None", "anonymous", "NaN", "\0\0", " "];
  for (const [i, id] of none.entries()) {
    const first = await app.send("PUT", `/profile/a/first${i}`, {
      crm: { id },
      facebook: { gender: "female" },
    });
    equal(first.status, 200, await first.text());
    equal((await app.send("PUT", `/profile/a/second${i}`, { crm: { id } })).status, 200);
    deepEqual((await read(app, `/profile/a/second${i}`)).demographics, {}, JSON.stringify(id));
  }
  await app.send("PUT", "/profile/a/known", { crm: { id: "nobody" }, facebook: { gender: "male" } });
  await app.send("PUT", "/profile/b/known", { crm: { id: "nobody" } });
  deepEqual((await read(app, "/profile/b/known")).demographics, { gender: "male" }, "a name is an id");
});

testOnBothEngines(
  "an update that would make a person too large is refused whole, and costs its neighbours nothing",
  async (app) => {
    const join = (account: string, ids: Record<string, number>) =>
      app.send(
        "PUT",
        `/profile/a/${account}`,
        Object.fromEntries(Object.entries(ids).map(([service, id]) => [service, { id }])),
      );
    for (const account of ["1", "2"]) equal((await join(account, { crm: 1 })).status, 200);
    for (const account of ["3", "4"]) equal((await join(account, { crm: 2 })).status, 200);
    const [third, both, other] = await Promise.all([
      join("5", { crm: 1 }),
      join("6", { crm: 1, shop: 6 }),
      join("7", { crm: 7 }),
    ]);
    equal(third.status, 200);
    equal(other.status, 200);
    equal(both.status, 409);
    equal((await both.json()).type.split("#")[1], "person-full");
    equal((await app.request("/profile/a/6")).status, 404);
    equal((await join("3", { shop: 1, crm: 1 })).status, 409, "two persons that would be too large together");
    equal((await join("5", { crm: 1, shop: 5 })).status, 200, "who is no new account may still be updated");
    equal((await read(app, "/analytics/a")).accounts, 6);
    deepEqual(await app.services.analytics.recount(), new Map());
  },
  { maxPersonAccounts: 3 },
);
