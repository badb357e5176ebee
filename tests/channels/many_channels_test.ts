import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const CHANNELS = 2_500;
const INSERT = `WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < ?1 - 1)
  INSERT INTO channel (name, created_at, tags) SELECT format('c%05d', n), 0, ?2 FROM i`;
const NAMES = Array.from({ length: CHANNELS }, (_, i) => `c${`${i}`.padStart(5, "0")}`);

async function list({ request }: TestApp, path: string) {
  const response = await request(path);
  equal(response.status, 200);
  const { _links: { self, channels, next } } = await response.json();
  deepEqual(self, { href: "http://datahub:8080/channel" });
  for (const { name, href } of channels) equal(href, `http://datahub:8080/channel/${name}`);
  return { names: channels.map(({ name }: { name: string }) => name), next: next?.href };
}

testOnBothEngines("the list of channels is whole and in order, however it is read", async (app) => {
  deepEqual(await list(app, "/channel"), { names: [], next: undefined });
  await app.database.engine.write([{ sql: INSERT, args: [CHANNELS, '["t"]'] }]);
  deepEqual(await list(app, "/channel"), { names: NAMES, next: undefined });
  deepEqual(await list(app, "/channel?tag=t"), { names: NAMES, next: undefined });
  deepEqual(await list(app, "/channel?tag=other"), { names: [], next: undefined });
  deepEqual((await list(app, "/channel?after=c02497")).names, NAMES.slice(2_498));
  deepEqual(await list(app, "/channel?limit=2500"), { names: NAMES, next: undefined });
  for (const limit of [1, 999, 1_000, 1_001, 2_000, 2_499]) {
    const { names, next } = await list(app, `/channel?limit=${limit}`);
    deepEqual(names, NAMES.slice(0, limit), `${limit}`);
    equal(next, `http://datahub:8080/channel?limit=${limit}&after=${NAMES[limit - 1]}`);
  }
  const walked: string[] = [];
  for (let path: string | undefined = "/channel?tag=t&limit=1000"; path !== undefined;) {
    const { names, next } = await list(app, path);
    walked.push(...names);
    path = next?.slice("http://datahub:8080".length);
  }
  deepEqual(walked, NAMES);
  equal((await app.request("/channel", { method: "HEAD" })).status, 200);
});
