import { deepEqual, equal, match } from "../support/assert.ts";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { ARABIC, fill } from "./pages.ts";

/** What a page's script sees of the element that has the focus. */
interface FocusedPage {
  readonly document: {
    readonly activeElement: {
      readonly innerText: string;
      closest(selector: string): { readonly innerText: string } | null;
    };
  };
}

Deno.test("a person changes the settings of a channel, and finds them on its page", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fill(runnel);
  const about = async () => await (await fetch(`${runnel.url}/channel/stumptown`)).json();
  await using browser = await openPage(`${runnel.url}/dashboard/channels/stumptown`);
  const { page, complaints } = browser;
  const save = async () => {
    await Promise.all([
      page.waitForNavigation(),
      page.getByRole("button", { name: "Save the settings" }).click(),
    ]);
  };
  const before = await about();
  await save();
  deepEqual(await about(), before, "saving what is there changes nothing");
  await page.getByLabel("Keep items for how many days").fill("0.5");
  await page.getByLabel("Keep at most how many items").fill("7");
  await page.getByLabel("Description").fill("roasts");
  await page.getByLabel("Tags").fill("coffee, <i>beans</i>,,coffee");
  await page.getByLabel("Keep only the newest item").check();
  await save();
  const { ttlMillis, maxItems, description, tags, compact } = await about();
  deepEqual([ttlMillis, maxItems, description, tags, compact], [
    43_200_000,
    7,
    "roasts",
    ["<i>beans</i>", "coffee"],
    true,
  ]);
  match(await page.innerText("main"), /kept for 12 h, at most 7/);
  equal(await page.getByLabel("Tags").inputValue(), "<i>beans</i>, coffee");
  await page.getByLabel("Keep items for how many days").fill("");
  await page.getByLabel("Keep only the newest item").uncheck();
  await save();
  const after = await about();
  deepEqual([after.ttlMillis, after.compact], [undefined, undefined]);
  deepEqual(complaints, []);
});

Deno.test("a person's data is shown by service, exported, and deleted once the name is written", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fill(runnel);
  const account = `/${encodeURIComponent(ARABIC)}/ann`;
  await using browser = await openPage(`${runnel.url}/dashboard/apps${account}`);
  const { page } = browser;
  await page.getByRole("link", { name: "Show what is known from where" }).click();
  await page.getByRole("row", { name: /facebook 1/ }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export the person" }).click(),
  ]);
  const exported = JSON.parse(await Deno.readTextFile(await download.path()));
  deepEqual(exported, await (await fetch(`${runnel.url}/person${account}`)).json());
  const forget = async (name: string) => {
    await page.getByText("Delete the person").click();
    await page.getByLabel("Write the name of the account").fill(name);
    await page.getByRole("button", { name: "Delete everything" }).click();
  };
  await forget("Ann");
  match(await page.getByRole("alert").innerText(), /Nothing is deleted/);
  equal((await fetch(`${runnel.url}/profile${account}`)).status, 200);
  await page.goBack();
  await page.reload();
  await forget("ann");
  await page.getByRole("heading", { name: "ann is deleted" }).waitFor();
  const gone = await fetch(`${runnel.url}/person${account}`);
  await gone.body?.cancel();
  equal(gone.status, 404);
});

Deno.test("a keyboard alone goes to the channels, makes one, and inserts an item", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using browser = await openPage(`${runnel.url}/`);
  const { page, complaints } = browser;
  const { keyboard } = page;
  /** Presses Tab until what has the focus is called like that. */
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 80; i++) {
      await keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const { activeElement } = (globalThis as unknown as FocusedPage).document;
        return activeElement.innerText || activeElement.closest("label")?.innerText || "";
      });
      if (name.test(focused)) return;
    }
    throw new Error(`nothing called ${name} was reached`);
  };
  await tabTo(/^Skip to the content/);
  await tabTo(/^Channels/);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Create a channel" }).waitFor();
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await tabTo(/^Name/);
  await keyboard.type("stumptown");
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "stumptown" }).waitFor();
  await tabTo(/^Content$/);
  await keyboard.press("Control+A");
  await keyboard.type('{"by": "keyboard"}');
  await tabTo(/^Insert/);
  await keyboard.press("Enter");
  await page.locator(".tail li", { hasText: "keyboard" }).waitFor();
  deepEqual(complaints, []);
});

Deno.test("the overview goes on by itself after the server was started again, and says that it reconnects", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const first = await startProcess({ database });
  await using browser = await openPage(`${first.url}/`);
  const { page } = browser;
  const put = (url: string, name: string) =>
    fetch(`${url}/channel/${name}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    }).then((answer) => answer.body?.cancel());
  await put(first.url, "first");
  await page.getByRole("link", { name: "first", exact: true }).waitFor();
  await first.end("SIGTERM");
  await page.getByText("Reconnecting…").waitFor();
  await using second = await startProcess({ database, env: { PORT: new URL(first.url).port } });
  await put(second.url, "second");
  await page.getByRole("link", { name: "second", exact: true }).waitFor();
  equal(await page.getByText("Reconnecting…").count(), 0);
});
