import { deepEqual, equal } from "../support/assert.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";

const HOUR = 3_600_000;
const read = async (app: TestApp, path: string) => await (await app.request(path)).json();
const countOf = async (app: TestApp, path: string) =>
  (await read(app, path)).datapoints.reduce((sum: number, [, n]: [number, number]) => sum + n, 0);

testOnBothEngines("an event that is sent again with its id counts once while the id is kept", async (app) => {
  const send = (body: unknown, account = "1") => app.send("PUT", `/event/a/${account}/open`, body);
  await Promise.all([send({ id: "e1" }), send({ id: "e1" }), send({ messageId: "e1" })]);
  equal(await countOf(app, "/event/a/open"), 1);
  app.time.now += 47 * HOUR;
  await send({ id: "e1" });
  equal(await countOf(app, "/event/a/open"), 0, "a retry does not count with another time either");
  equal((await read(app, "/analytics/a")).activeAccounts.day, 0, "and makes nobody active");
  await send({ id: "e1" }, "2");
  equal(await countOf(app, "/event/a/open"), 1, "another account's id is another event");
  for (const id of ["undefined", 0, ""]) await send({ id });
  equal(await countOf(app, "/event/a/1/open"), 3, "an id that stands for nothing hides no event");
  app.time.now += HOUR;
  await app.services.events.sweep();
  await send({ id: "e1" });
  equal(await countOf(app, "/event/a/1/open"), 4, "the id was forgotten");
  const batch = [{ id: "x" }, { id: "x" }, { id: 7 }, { messageId: "7" }, {}]
    .map((event) => ({ account: "3", event: "open", ...event }));
  deepEqual(await (await app.send("POST", "/event/a", batch)).json(), { recorded: 5 });
  equal(await countOf(app, "/event/a/3/open"), 3);
  equal((await app.request("/profile/a/3", { method: "DELETE" })).status, 204);
  await app.send("POST", "/event/a", batch);
  equal(await countOf(app, "/event/a/3/open"), 3, "ids are forgotten with their account");
  equal((await send({ id: 1.5 })).status, 400);
  app.time.now += 400 * 24 * HOUR;
  await app.services.events.sweep();
  deepEqual(await app.database.query("SELECT count(*) FROM event_id"), [[0]]);
});

testOnBothEngines("JSON that sendBeacon declares as text is an event", async (app) => {
  const beacon = (path: string, body: string) =>
    app.request(path, { method: "POST", body, headers: { "Content-Type": "text/plain;charset=UTF-8" } });
  equal((await beacon("/event/a/1/open", '{"context":"page"}')).status, 200);
  equal((await beacon("/event/a", '[{"account":"1","event":"open"}]')).status, 200);
  equal(await countOf(app, "/event/a/1/open"), 2);
  equal((await beacon("/event/a/1/open", "hello")).status, 400);
});

testOnBothEngines("partial=true records the valid events of a batch and lists the others", async (app) => {
  const right = { account: "1", event: "open" };
  const batch = [right, { account: "1" }, { ...right, timestamp: START + 100 * HOUR }, right];
  equal((await app.send("POST", "/event/a", batch)).status, 400);
  const { recorded, refused, errors } = await (await app.send("POST", "/event/a?partial=true", batch)).json();
  deepEqual([recorded, refused], [2, 2]);
  deepEqual(errors.map(({ path }: { path: string }) => path), ["1.event", "2.timestamp"]);
  const lines = await app.request("/event/a?partial=true", {
    method: "POST",
    body: `${JSON.stringify(right)}\n\n{\n{"account":1}\n`,
    headers: { "Content-Type": "application/x-ndjson" },
  });
  const answer = await lines.json();
  deepEqual(answer.errors.map(({ path }: { path: string }) => path), ["3", "4.account"]);
  equal(await countOf(app, "/event/a/open"), 3);
  equal((await app.send("POST", "/event/a?partial=true", [7])).status, 400, "none of these is an event");
});

testOnBothEngines("a timeline's points are pairs, or objects when asked", async (app) => {
  await app.request("/event/a/1/open", { method: "PUT" });
  for (const path of ["/event/a/open", "/event/a/1/open"]) {
    const pairs: [number, number][] = (await read(app, path)).datapoints;
    const { datapoints } = await read(app, `${path}?points=objects`);
    deepEqual(datapoints, pairs.map(([time, value]) => ({ time, value })));
    equal(datapoints.at(-1)!.value, 1);
    equal((await app.request(`${path}?points=x`)).status, 400);
  }
});
