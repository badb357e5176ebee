import { deepEqual, equal } from "node:assert/strict";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

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
