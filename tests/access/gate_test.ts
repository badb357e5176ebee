import { deepEqual, equal, match } from "../support/assert.ts";
import { RunnelError } from "../../domain/errors.ts";
import { createTestApp, failing } from "../support/app.ts";

const CROSS_SITE = {
  "Sec-Fetch-Site": "cross-site",
  "Sec-Fetch-Mode": "no-cors",
  Origin: "https://evil.example",
};

Deno.test("a page of another site cannot make a browser write or read", async () => {
  await using app = await createTestApp();
  await app.send("POST", "/channel", { name: "c" });
  const written = await app.request("/channel/c", { method: "POST", body: "x", headers: CROSS_SITE });
  equal(written.status, 403);
  equal((await app.request("/channel", { headers: CROSS_SITE })).status, 403);
  equal((await app.services.channels.summary()).items, 0);
  const followedLink = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
  equal((await app.request("/", { headers: followedLink })).status, 200);
  equal((await app.request("/channel", { headers: { "Sec-Fetch-Site": "same-origin" } })).status, 200);
});

Deno.test("CORS is off unless origins are configured", async () => {
  await using closed = await createTestApp();
  const plain = await closed.request("/channel", { headers: { Origin: "https://shop.example" } });
  equal(plain.headers.get("access-control-allow-origin"), null);

  await using open = await createTestApp({ corsOrigins: ["https://shop.example"] });
  const headers = { ...CROSS_SITE, "Sec-Fetch-Mode": "cors", Origin: "https://shop.example" };
  const allowed = await open.request("/channel", { headers });
  equal(allowed.status, 200);
  equal(allowed.headers.get("access-control-allow-origin"), "https://shop.example");
  const preflight = await open.request("/channel", {
    method: "OPTIONS",
    headers: { Origin: "https://shop.example", "Access-Control-Request-Method": "POST" },
  });
  equal(preflight.status, 204);
  match(preflight.headers.get("access-control-allow-methods")!, /POST/);
  const other = await open.request("/channel", { headers: { Origin: "https://evil.example" } });
  equal(other.headers.get("access-control-allow-origin"), null);
});

Deno.test("requests are logged when asked for, a line each, without their query", async () => {
  await using app = await createTestApp({ logRequests: true });
  await app.request("/channel?access_token=secret");
  await app.request("/nothing");
  equal(app.log.length, 2);
  match(app.log[0]!, /^\S+ GET \/channel 200 [\d.]+ms [\w-]{36} -$/);
  match(app.log[1]!, /GET \/nothing 404/);
});

Deno.test("an unexpected error shows a request id that the log has too, and nothing of its inside", async () => {
  await using app = await createTestApp();
  app.services.channels.pages = () => failing(new Error("SELECT secret FROM /a/path"));
  const response = await app.request("/channel");
  equal(response.status, 500);
  const problem = await response.json();
  equal(JSON.stringify(problem).includes("secret"), false);
  equal(app.log.length, 1);
  match(app.log[0]!, new RegExp(`^${problem.requestId} GET /channel: Error: SELECT secret`));
  app.services.channels.pages = () => failing(new RunnelError("invalid-request", "told"));
  deepEqual((await (await app.request("/channel")).json()).detail, "told");
});

Deno.test("GET / is a page to browsers and JSON to programs", async () => {
  await using app = await createTestApp();
  await app.send("POST", "/channel", { name: "c" });
  const page = await app.request("/", { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
  equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  match(await page.text(), /http:\/\/datahub:8080\/channel/);
  for (const accept of ["*/*", "application/json", ""]) {
    const json = await app.request("/", { headers: { Accept: accept } });
    equal(json.headers.get("content-type"), "application/json");
    deepEqual((await json.json()).holds, {
      channels: 1,
      items: 0,
      subscribers: 0,
      profiles: 0,
      series: 0,
      sessions: 0,
      conversations: 0,
    });
  }
});
