/** A clock that once ran ahead, and the repair of what it left. */
import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp, START } from "../support/app.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 3_600_000;

interface Listed {
  readonly id: string;
  readonly timestamp: string;
}

Deno.test("a clock that ran ahead is said once; repair gives the items keys of now, in order", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  await app.send("PUT", "/channel/other", {});
  const post = async (body: string, headers: HeadersInit = {}) =>
    (await (await app.request("/channel/c", { method: "POST", body, headers })).json()).id as string;
  const past = await post("a");
  app.time.now += HOUR_MS;
  const ahead = await post("b", { "Idempotency-Key": "once" });
  await post("c", { "Item-Key": "k" });
  await app.send("PUT", "/channel/c/consumers/w", { start: "earliest" });
  const pull = async (max: number) =>
    (await (await app.send("POST", "/channel/c/consumers/w/pull", { max })).json()).items as {
      id: string;
      data?: string;
      dataBase64?: string;
    }[];
  equal((await pull(2)).length, 2);

  app.time.now = START + 60_000;
  await post("d");
  await post("e");
  const said = () => app.log.filter((line) => line.includes("ran ahead"));
  await until(() => said().length > 0);
  match(said()[0]!, /channel c bears the time 2026-01-02T04:04:05\.678Z, .* runnel channel repair c$/);

  const bodies = async () => {
    const { items } = await (await app.request("/channel/c/earliest/100")).json() as { items: Listed[] };
    return await Promise.all(items.map(async ({ id, timestamp }) => {
      return { id, timestamp, body: await (await app.request(`/channel/c/${id}`)).text() };
    }));
  };
  equal(await app.services.items.repair("other"), 0);
  equal(await app.services.items.repair("c"), 4);
  const items = await bodies();
  deepEqual(items.map(({ body }) => body), ["a", "b", "c", "d", "e"]);
  equal(items[0]!.id, past);
  for (const { timestamp } of items.slice(1)) equal(timestamp, new Date(START + 60_000).toISOString());
  equal((await app.request(`/channel/c/${ahead}`)).status, 404, "the old id is no item's");
  equal(await app.services.items.repair("c"), 0);

  const again = await app.request("/channel/c", {
    method: "POST",
    body: "b",
    headers: { "Idempotency-Key": "once" },
  });
  deepEqual([(await again.json()).id, again.headers.get("idempotent-replay")], [items[1]!.id, "true"]);
  const key = await app.request("/channel/c/keys/k");
  ok(key.headers.get("location")!.endsWith(items[2]!.id));
  const ack = { ids: [items[0]!.id, items[1]!.id] };
  equal((await (await app.send("POST", "/channel/c/consumers/w/ack", ack)).json()).items, 2);
  deepEqual((await pull(10)).map(({ id }) => id), items.slice(2).map(({ id }) => id));

  app.time.now += 1;
  const next = await post("f");
  ok(next > items[4]!.id);
  equal(
    (await (await app.request("/channel/c/status")).json()).latest.timestamp,
    new Date(app.time.now).toISOString(),
  );
  equal(said().length, 1);
});

Deno.test("an unknown channel cannot be repaired", async () => {
  await using app = await createTestApp();
  const error = await app.services.items.repair("none").catch((error) => error);
  equal(error.code, "channel-not-found");
});
