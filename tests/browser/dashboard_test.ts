import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { ASSETS } from "../../dashboard/assets/mod.ts";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { ARABIC, fill, PATHS } from "./pages.ts";

const JSON_BODY = { "Content-Type": "application/json" };
const MOST_BYTES = 60_000;
const AXE = await Deno.readTextFile(new URL(import.meta.resolve("axe-core/axe.min.js")));

/** What axe-core finds serious or critical: the rule, and the first element that breaks it. */
const LOOK = `axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]))`;

/** Runs a command of Runnel over a database, and answers what it wrote. */
async function runnelCommand(database: string, args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "main.ts", ...args],
    env: { DATABASE_URL: database },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${input}\n`)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout } = await child.output();
  equal(success, true, args.join(" "));
  return new TextDecoder().decode(stdout);
}

Deno.test("every page fits a phone and a desktop, has no barrier that axe-core calls serious, and runs nothing stored", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using runnel = await startProcess({ database });
  await fill(runnel);
  await runnelCommand(database, ["users", "add", "ann", "--channels", "ops"], "correct horse");
  await using browser = await openPage(`${runnel.url}/dashboard/conversations`);
  const { page, complaints } = browser;
  await page.getByLabel("Name").fill("ann");
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Log out" }).waitFor();
  const list = await (await fetch(`${runnel.url}/channel/stumptown/latest/2`)).json();
  const items = list.items.map(({ id }: { id: string }) => `/dashboard/channels/stumptown/${id}`);
  for (const path of [...PATHS, ...items]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const width = colorScheme === "light" ? 1280 : 390;
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      equal((await page.goto(runnel.url + path))!.status(), 200, path);
      if (path === "/docs") await page.locator(".opblock").first().waitFor();
      equal(
        await page.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        true,
        `${path} at ${width}`,
      );
      equal(await page.evaluate(() => (globalThis as { ran?: number }).ran), undefined, path);
      // Through the debugger, where no Content-Security-Policy holds.
      await page.evaluate(AXE);
      deepEqual(await page.evaluate(LOOK), [], `${path} ${colorScheme}`);
    }
  }
  deepEqual(complaints, []);
});

Deno.test("a channel's page shows what comes in, also after the server was started again", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const first = await startProcess({ database });
  await fetch(`${first.url}/channel/c`, { method: "PUT", body: "{}", headers: JSON_BODY });
  const insert = (body: string) =>
    fetch(`${first.url}/channel/c`, { method: "POST", body, headers: { "Content-Type": "text/plain" } }).then(
      (r) => r.body?.cancel(),
    );
  await using browser = await openPage(`${first.url}/dashboard/channels/c`);
  const { page } = browser;
  const status = page.locator("#status");
  await insert("one");
  await page.locator(".tail li", { hasText: "one" }).waitFor();
  await first.end("SIGTERM");
  await page.locator("#status.broken").waitFor();
  equal(await status.innerText(), "Reconnecting…");
  await using _second = await startProcess({ database, env: { PORT: new URL(first.url).port } });
  await insert("two");
  await page.locator(".tail li", { hasText: "two" }).waitFor();
  await page.locator("#status.live").waitFor();
  deepEqual(await page.locator(".tail code").allTextContents(), ["two", "one"]);
});

Deno.test("a person makes a channel, inserts JSON, and reads it as a tree", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using browser = await openPage(`${runnel.url}/dashboard/channels`);
  const { page, complaints } = browser;
  await page.getByLabel("Name").fill("stumptown");
  await page.getByRole("button", { name: "Create" }).click();
  await page.locator("textarea").fill('{"bean": {"origin": "Sidamo"}}');
  await page.getByRole("button", { name: "Insert" }).click();
  await page.locator(".tail a").click();
  equal(await page.locator(".item .leaf").innerText(), 'origin: "Sidamo"');
  deepEqual(complaints, []);
});

Deno.test("an operator makes the first key, goes on with it, makes another, and revokes that", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { TOKEN_SECRET: "a secret that no page may ever show to anybody" },
  });
  await fill(runnel);
  await using browser = await openPage(`${runnel.url}/dashboard/operate`);
  const { page, complaints } = browser;
  const make = async (name: string, scope: string) => {
    await page.getByText("Make a key").click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel(scope, { exact: true }).check();
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("heading", { name: `The key ${name}` }).waitFor();
    const secret = /rnl_[\w-]+/.exec(await page.innerText("main"))![0];
    await page.evaluate(AXE);
    deepEqual(await page.evaluate(LOOK), []);
    await page.getByRole("link", { name: "Operate" }).first().click();
    equal((await page.innerText("main")).includes(secret), false);
    return secret;
  };
  // A request under way when the first key is made is refused: it has none.
  await page.locator("#storage").scrollIntoViewIfNeeded();
  await page.getByRole("region", { name: "Bytes by area" }).waitFor();
  await make("root", "admin");
  const secret = await make("sensors", "channels:read");
  const read = async () =>
    (await fetch(`${runnel.url}/channel`, { headers: { Authorization: `Bearer ${secret}` } })).status;
  equal(await read(), 200);
  await page.getByRole("button", { name: "Revoke sensors" }).click();
  await page.getByRole("cell", { name: "delete", exact: true }).waitFor();
  equal(await read(), 401);
  await page.getByText("Configuration").click();
  equal(await page.getByRole("row", { name: "TOKEN_SECRET" }).getByText("hidden").isVisible(), true);
  equal((await page.content()).includes("no page may ever show"), false);
  deepEqual(complaints, []);
});

Deno.test("an operator pauses a webhook, and sends a consumer back to the earliest item", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { WEBHOOK_PRIVATE: "true" },
  });
  await fill(runnel);
  const put = async (path: string, body: unknown) => {
    const answer = await fetch(runnel.url + path, {
      method: "PUT",
      headers: JSON_BODY,
      body: JSON.stringify(body),
    });
    equal(answer.ok, true, await answer.text());
  };
  await put("/channel/dead", {});
  await put("/channel/stumptown/consumers/worker", { start: "latest", deadLetter: "dead" });
  await put("/webhook/hook", {
    channel: "stumptown",
    callbackUrl: "http://127.0.0.1:9/",
    errorChannel: "dead",
  });
  await using browser = await openPage(`${runnel.url}/dashboard/channels/stumptown`);
  const { page, complaints } = browser;
  await page.getByRole("row", { name: "worker nothing" }).getByRole("link", { name: "dead" }).waitFor();
  await page.getByText("Replay worker").click();
  await page.getByLabel("from").selectOption("earliest");
  await page.getByRole("button", { name: "Begin again" }).click();
  await page.getByRole("row", { name: "worker 2 items" }).waitFor();
  await page.getByRole("button", { name: "Pause hook" }).click();
  await page.getByRole("button", { name: "Resume hook" }).waitFor();
  equal((await (await fetch(`${runnel.url}/webhook/hook`)).json()).paused, true);
  deepEqual(complaints, []);
});

Deno.test("a page shows what its key may read, changes nothing without its form, and ends with the key", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using runnel = await startProcess({ database });
  await fill(runnel);
  const key =
    /rnl_\S+/.exec(await runnelCommand(database, ["keys", "add", "reader", "--scopes", "series:read"]))![0];
  const admin =
    /rnl_\S+/.exec(await runnelCommand(database, ["keys", "add", "admin", "--scopes", "admin"]))![0];
  await using browser = await openPage(`${runnel.url}/`);
  const { page } = browser;
  await page.getByText("Sign in with a key").first().waitFor();
  equal((await page.innerText("main")).includes("stumptown\n"), false);
  equal((await page.goto(`${runnel.url}/dashboard/channels`))!.status(), 401);
  const signIn = async (secret: string) => {
    await page.goto(`${runnel.url}/dashboard/login`);
    await page.getByLabel("API key").fill(secret);
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  };
  await signIn("rnl_nonsense");
  await page.getByRole("alert").waitFor();
  await signIn(key);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  const [cookie] = (await page.context().cookies()).filter(({ name }) => name === "runnel_key");
  deepEqual([cookie!.httpOnly, cookie!.sameSite], [true, "Strict"]);
  equal((await page.goto(`${runnel.url}/dashboard/series`))!.status(), 200);
  match(await page.innerText("main"), new RegExp(ARABIC));
  for (
    const path of [
      "/dashboard/channels",
      "/dashboard/channels/stumptown",
      "/dashboard/operate",
      "/dashboard/sessions",
    ]
  ) {
    equal((await page.goto(runnel.url + path))!.status(), 403, path);
    equal((await page.innerText("main")).includes("onerror"), false, path);
  }
  const forged = await fetch(`${runnel.url}/dashboard/operate/jobs/sweep`, {
    method: "POST",
    headers: {
      Cookie: `runnel_key=${admin}; runnel_form=a`,
      "Content-Type": "application/x-www-form-urlencoded",
    },
    body: "token=b",
    redirect: "manual",
  });
  equal(forged.status, 403);
  await forged.body?.cancel();
  await runnelCommand(database, ["keys", "revoke", "reader"]);
  // Another process hears of it within half a second.
  while ((await page.goto(`${runnel.url}/dashboard/series`))!.status() === 200);
  equal((await page.innerText("main")).includes(ARABIC), false);
});

Deno.test("behind a proxy that serves a sub-path, links and files lead there", async () => {
  await using folder = await temporaryFolder();
  let target = "";
  await using proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    if (!pathname.startsWith("/data")) return new Response("outside", { status: 404 });
    return fetch(`${target}${pathname.slice(5) || "/"}${search}`, {
      headers: { Accept: request.headers.get("accept") ?? "" },
    });
  });
  const publicUrl = `http://127.0.0.1:${proxy.addr.port}/data`;
  await using runnel = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { PUBLIC_URL: publicUrl },
  });
  target = runnel.url;
  await fill(runnel);
  await using browser = await openPage(`${publicUrl}/`);
  const { page, complaints } = browser;
  for (const name of ["Channels", "Series", "Sessions", "Apps", "Operate", "API"]) {
    await page.goto(`${publicUrl}/`);
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    match(page.url(), /\/data\/(dashboard|docs)/);
  }
  await page.locator(".opblock").first().waitFor();
  deepEqual(complaints, []);
});

Deno.test("what the pages load is under 60 KB gzip, all together", async () => {
  const sizes = await Promise.all(
    Object.entries(ASSETS).map(async ([name, { text }]) => {
      const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
      return [name, (await new Response(packed).bytes()).length] as const;
    }),
  );
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${all} bytes: ${sizes.map(([name, size]) => `${name} ${size}`).join(", ")}`);
  ok(all < MOST_BYTES, `${all} bytes`);
});
