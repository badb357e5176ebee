import { deepEqual, equal, match } from "../support/assert.ts";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { ARABIC, fill, LONG } from "./pages.ts";

Deno.test("the first page shows what the process holds, and its links lead somewhere", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const headers = { "Content-Type": "application/json" };
  await fetch(`${runnel.url}/channel`, { method: "POST", headers, body: '{"name": "stumptown"}' });
  await fetch(`${runnel.url}/channel/stumptown`, { method: "POST", body: "x" });

  await using browser = await openPage(`${runnel.url}/`);
  const { page, complaints } = browser;
  equal(await page.title(), "Runnel");
  const figures = await page.locator("dd").allTextContents();
  deepEqual(figures.slice(0, 7), ["1", "1", "0", "0", "0", "0", "0"]);
  for (const link of await page.locator("a").all()) {
    const address = new URL((await link.getAttribute("href"))!, runnel.url);
    equal((await fetch(address)).status, 200, address.href);
  }
  deepEqual(complaints, []);
});

Deno.test("the first page of an empty Runnel says what to try, and shows what comes of it by itself", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using browser = await openPage(`${runnel.url}/`);
  const { page, complaints } = browser;
  const heading = page.locator("h1");
  equal(await heading.innerText(), "Runnel is running");
  match(await page.locator(".first-steps code").first().innerText(), /^deno task demo http:/);
  const headers = { "Content-Type": "application/json" };
  await fetch(`${runnel.url}/channel`, { method: "POST", headers, body: '{"name": "stumptown"}' });
  await page.getByRole("link", { name: "stumptown" }).waitFor();
  equal(await heading.innerText(), "Overview");
  deepEqual(complaints, []);
});

Deno.test("the first page shows what was saved and done last, whatever it is called", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const headers = { "Content-Type": "application/json" };
  const save = (symbol: string) =>
    fetch(`${runnel.url}/api/store/market/${encodeURIComponent(symbol)}`, {
      method: "PUT",
      headers,
      body: '{"close": {"2020-01-02": 1, "2020-01-03": 2}}',
    });
  await fill(runnel);
  await save(LONG);
  await using browser = await openPage(`${runnel.url}/`);
  const { page, complaints } = browser;
  await page.setViewportSize({ width: 390, height: 800 });
  const entries = (title: string) =>
    page.locator(".card", { has: page.getByRole("link", { name: title }) }).locator("li");
  const series = entries("Time series");
  deepEqual(await series.locator("a").allInnerTexts(), [
    `${LONG} in market`,
    `RILL in ${ARABIC}`,
    `ACME in ${ARABIC}`,
  ]);
  match(await series.first().innerText(), /(ago|just now)\s+2 rows, up to 2020-01-03 00:00:00$/);
  match(
    await entries("Apps").innerText(),
    new RegExp(`^${LONG} in ${ARABIC}\\s+<5 min ago\\s+1 in five minutes$`),
  );
  equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
  await fetch(`${runnel.url}/api/store/market/${encodeURIComponent(LONG)}`, { method: "DELETE" });
  // Another address: a page is shown again as it was for a second.
  await page.goto(`${runnel.url}/?removed`);
  equal(await series.first().locator("a").innerText(), `RILL in ${ARABIC}`);
  await series.first().locator("a").click();
  equal(await page.locator("h1").innerText(), "RILL");
  await page.goto(`${runnel.url}/`);
  await entries("Apps").locator("a").click();
  match(await page.locator("#event h2").innerText(), new RegExp(`^${LONG}, the last 24 hours`));
  deepEqual(complaints, []);
});

Deno.test("the first page shows nobody what their key may not read", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fill(runnel);
  const makeKey = async (name: string, scope: string, key?: string) => {
    const answer = await fetch(`${runnel.url}/keys`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ name, scopes: [scope] }),
    });
    equal(answer.status, 201);
    return (await answer.json()).secret;
  };
  const secret = await makeKey("charts", "series:read", await makeKey("root", "admin"));
  const pageOf = async (headers: Record<string, string>) =>
    await (await fetch(runnel.url, { headers: { Accept: "text/html", ...headers } })).text();
  const seen = async (headers: Record<string, string>) => {
    const text = await pageOf(headers);
    return ["stumptown", "RILL", LONG, "globalThis.ran"].filter((name) =>
      text.slice(0, text.indexOf("first-steps")).includes(name)
    );
  };
  deepEqual(await seen({ Cookie: `runnel_key=${secret}` }), ["RILL"]);
  deepEqual(await seen({}), []);
  deepEqual(await seen({ Cookie: "runnel_key=rnl_other" }), []);
});

Deno.test("a page of the same origin can follow a channel, one of another cannot", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const headers = { "Content-Type": "application/json" };
  await fetch(`${runnel.url}/channel`, { method: "POST", headers, body: '{"name": "stumptown"}' });
  const follow = (url: string) => {
    const socket = new WebSocket(url);
    return new Promise<string>((resolve) => {
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => resolve("refused");
      socket.onopen = () => (globalThis as { opened?: boolean }).opened = true;
    });
  };
  const address = `${runnel.url.replace("http", "ws")}/channel/stumptown/ws`;
  {
    await using own = await openPage(`${runnel.url}/`);
    const followed = own.page.evaluate(follow, address);
    await own.page.waitForFunction(() => (globalThis as { opened?: boolean }).opened);
    const { headers: stored } = await fetch(`${runnel.url}/channel/stumptown`, { method: "POST", body: "x" });
    equal(await followed, stored.get("location"));
  }
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<title>other</title>", { headers: { "Content-Type": "text/html" } }),
  );
  // Another site, not only another port: localhost is not 127.0.0.1.
  await using foreign = await openPage(`http://localhost:${other.addr.port}/`);
  equal(await foreign.page.evaluate(follow, address), "refused");
});
