import { equal, ok } from "../support/assert.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { serveByHost } from "../support/served.ts";
import { STORIES } from "./stories.ts";

const HAS_SERVER = Deno.build.os === "linux" && Deno.build.arch === "x86_64";
/** Nothing may be read, written or run, and nobody is asked. */
const EDGE = ["--no-prompt", "--allow-net", "--allow-env"];
/** Pages, and the files that they load. */
const PAGES = [
  "/",
  "/ready",
  "/metrics",
  "/jobs",
  "/openapi.json",
  "/docs",
  "/docs/errors",
  "/docs/swagger-ui.css",
  "/docs/swagger-ui-bundle.js",
  "/docs/start.js",
  "/dashboard/assets/icon.svg",
];

/** The application of another process, as the test's own would be called. */
function remote(app: TestApp, url: string): TestApp {
  const request = (path: string, init?: RequestInit) => fetch(url + path, { redirect: "manual", ...init });
  return {
    ...app,
    request,
    send: (method, path, body) =>
      request(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  };
}

Deno.test({
  name: "with net and env alone, over a server, deno serve does all that Runnel does, and ends on SIGINT",
  ignore: !HAS_SERVER,
  async fn(t) {
    await using server = await startLibsqlServer();
    // Of it, the stories use accounts.
    await using local = await createTestApp({ database: server.url });
    const { url, process, answering } = serveByHost(server.url, EDGE);
    let isEnded = false;
    try {
      await (await answering()).body?.cancel();
      const app = remote(local, url);
      for (const [area, story] of Object.entries(STORIES)) await t.step(area, () => story(app));
      await t.step("a frame that elsewhere a thread would read", async () => {
        const cells = Array.from({ length: 100_000 }, (_, i) => [1577836800000 + i * 1000, i]);
        const body = JSON.stringify({ a: Object.fromEntries(cells) });
        ok(body.length > 1 << 20);
        const saved = await app.request("/api/store/edge/large", { method: "PUT", body });
        equal(saved.status, 200, await saved.text());
        const read = await app.request("/api/store/edge/large?date_format=epoch");
        equal((await read.text()).length, body.length);
      });
      for (const path of PAGES) {
        await t.step(path, async () => {
          const response = await fetch(url + path, { headers: { Accept: "*/*" } });
          const text = await response.text();
          equal(response.status, 200, text);
          ok(text.length > 0);
        });
      }
      process.kill("SIGINT");
      const { code } = await process.status;
      isEnded = true;
      equal(code, 0);
    } finally {
      // Ended already, unless something failed before.
      if (!isEnded) process.kill("SIGKILL");
      await process.status;
    }
  },
});
