import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";

const ARABIC = "قناة الطقس", LONG = "ب".repeat(200);
const SERIES = 5_000, ITEMS = 100_000, BATCH = 10_000;

async function pageOf(app: TestApp, path: string): Promise<string> {
  const answer = await app.stream(path, { Accept: "text/html" });
  equal(answer.status, 200, path);
  return await answer.text();
}

/** The addresses of links in a page that look like that. */
const links = (page: string, like: RegExp) =>
  Array.from(page.matchAll(/href="([^"]+)"/g), ([, href]) => href!.replaceAll("&amp;", "&")).filter((href) =>
    like.test(href)
  );

Deno.test("5,000 series are listed a page at a time, and the page of one asks for one", async () => {
  await using app = await createTestApp();
  const reference = encodeURIComponent(ARABIC), symbols = [LONG];
  for (let i = 0; i < SERIES; i++) symbols.push(`${ARABIC} ${String(i).padStart(4, "0")}`);
  for (let i = 0; i < symbols.length; i += 500) {
    await Promise.all(
      symbols.slice(i, i + 500).map(async (symbol) => {
        const path = `/api/store/${reference}/${encodeURIComponent(symbol)}`;
        const answer = await app.send("PUT", path, { close: { "2020-01-02": 1.5, "2020-01-03": 2 } });
        equal(answer.status, 200);
        await answer.body?.cancel();
      }),
    );
  }
  const listed: string[] = [];
  let address: string | undefined = `/dashboard/series/${reference}`;
  for (let pages = 0; address !== undefined; pages++) {
    const page = await pageOf(app, address);
    ok(page.length < 200_000, `${page.length}`);
    listed.push(...links(page, /^\/dashboard\/series\/.+\/.+/));
    const [more]: string[] = links(page, /^\?after=/);
    address = more && `/dashboard/series/${reference}${more}`;
    ok(pages <= SERIES / 200);
  }
  equal(new Set(listed).size, SERIES + 1);
  match(await pageOf(app, listed.at(-1)!), /Chart of /);
  match(await pageOf(app, `/dashboard/series/${reference}/${encodeURIComponent(LONG)}`), new RegExp(LONG));
  const one = await (await app.request(`/api/store/${reference}?symbol=${encodeURIComponent(LONG)}`)).json();
  deepEqual(one.map(({ symbol }: { symbol: string }) => symbol), [LONG]);
  deepEqual(await (await app.request(`/api/store/${reference}?symbol=none`)).json(), []);
  equal(
    (await (await app.request(`/api/store/${reference}?limit=7&after=${encodeURIComponent(symbols.at(-1)!)}`))
      .json()).length,
    0,
  );
  equal((await (await app.request(`/api/store/${reference}?limit=7`)).json()).length, 7);
  equal((await app.request(`/api/store/${reference}?limit=0`)).status, 400);
  equal((await app.stream(`/dashboard/series/${reference}/none`)).status, 404);
});

Deno.test("450 apps and references are listed a page at a time", async () => {
  await using app = await createTestApp();
  const names = Array.from({ length: 450 }, (_, i) => `<b>${ARABIC}</b> ${String(i).padStart(3, "0")}`);
  const lists = {
    "/dashboard/apps": (name: string) =>
      app.send("POST", `/event/${name}`, [{ account: "ann", event: "opened" }]),
    "/dashboard/series": (name: string) =>
      app.send("PUT", `/api/store/${name}/ACME`, { close: { "2020-01-02": 1 } }),
  };
  for (const [path, store] of Object.entries(lists)) {
    for (const name of names) equal((await store(encodeURIComponent(name))).status, 200);
    const listed: string[] = [], sizes: number[] = [];
    for (let more: string | undefined = ""; more !== undefined;) {
      const page: string = await pageOf(app, path + more), found = links(page, new RegExp(`^${path}/`));
      listed.push(...found);
      sizes.push(found.length);
      [more] = links(page, /^\?after=/);
    }
    deepEqual(sizes, [200, 200, 50], path);
    deepEqual(listed, names.map((name) => `${path}/${encodeURIComponent(name)}`), path);
  }
});

Deno.test("a channel with 100,000 items shows the newest, and leads to any time", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/busy", {});
  for (let i = 0; i < ITEMS; i += BATCH) {
    const body = Array.from({ length: BATCH }, (_, k) => `{"i":${i + k},"text":"${ARABIC}"}\n`).join("");
    const answer = await app.request("/channel/busy/bulk", {
      method: "POST",
      headers: { "Content-Type": "application/x-ndjson" },
      body,
    });
    equal(answer.status, 201);
    await answer.body?.cancel();
    app.time.now += 60_000;
  }
  const newest = await pageOf(app, "/dashboard/channels/busy");
  match(newest, /99999/);
  match(newest, new RegExp(ARABIC));
  ok(newest.length < 60_000, `${newest.length}`);
  match(newest, /more than 50,000 in all/);
  const at = new Date(app.time.now - 5 * 60_000 - 1_000).toISOString().slice(0, 19);
  const jumped = await pageOf(app, `/dashboard/channels/busy?at=${at}`);
  match(jumped, /50000/);
  const [later] = links(jumped, /after=/);
  match(await pageOf(app, later!), /50039/);
  const [earlier] = links(jumped, /before=/);
  match(await pageOf(app, earlier!), /49999/);
  for (const at of ["yesterday", "2026-02-30T00:00", "1900-01-01T00:00"]) {
    const answer = await app.stream(`/dashboard/channels/busy?at=${at}`, { Accept: "text/html" });
    equal(answer.status, 400, at);
    await answer.body?.cancel();
  }
});

Deno.test("an address without a page, and a name that nothing has, are answered with a page that leads on", async () => {
  await using app = await createTestApp();
  const ways = {
    "/dashboard/none": "/",
    "/dashboard/channels/none": "/dashboard/channels",
    "/dashboard/series/none": "/dashboard/series",
    "/dashboard/apps/none/none": "/dashboard/apps",
    "/dashboard/operate/none": "/dashboard/operate",
  };
  for (const [path, way] of Object.entries(ways)) {
    const answer = await app.stream(path, { Accept: "text/html" });
    equal(answer.status, 404, path);
    match(
      await answer.text(),
      new RegExp(`<h1>There is nothing here</h1><p>[A-Z].*[.]</p><p><a href="${way}">`),
    );
  }
});
