import { deepEqual, equal, match, ok } from "../support/assert.ts";
import type { Page } from "playwright-core";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

const DAYS = 3_000;
const stampOf = (day: number) => new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, 10);

/** A series that has more rows than a chart has points, beside a shorter one. */
async function fillMarket(url: string): Promise<void> {
  const frame = (days: number, of: (day: number) => number) => ({
    close: Object.fromEntries(Array.from({ length: days }, (_, day) => [stampOf(day), of(day)])),
  });
  const save = async (symbol: string, body: unknown) => {
    const path = `${url}/api/store/market/${symbol}`;
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "PUT", headers, body: JSON.stringify(body) });
    equal(answer.status, 200, await answer.text());
  };
  await save("ACME", frame(DAYS, (day) => 100 + day));
  await save("RILL", frame(100, (day) => 10 + day));
  await save("ACME", { close: { [stampOf(DAYS)]: 1 } });
}

/** What the page's chart was given. */
async function chartOn(page: Page): Promise<{ names: string[]; data: number[][] }> {
  await page.locator(".u-over").waitFor();
  return JSON.parse((await page.locator("[data-chart]").getAttribute("data-chart"))!);
}

Deno.test("dragging over a chart loads that range with more detail, and Back leads to where it was", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fillMarket(runnel.url);
  await using browser = await openPage(`${runnel.url}/dashboard/series/market/ACME`);
  const { page, complaints } = browser;
  const whole = await chartOn(page);
  ok(whole.data[0]!.length <= 801, "a long series is reduced");
  const box = (await page.locator(".u-over").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
  await Promise.all([page.waitForURL(/start=/), page.mouse.up()]);
  const { searchParams } = new URL(page.url());
  const [start, end] = ["start", "end"].map((name) => Date.parse(searchParams.get(name)!) / 1000);
  const part = await chartOn(page), [seconds] = part.data;
  ok(seconds![0]! >= start! && seconds!.at(-1)! <= end!, "only the range is drawn");
  const days = (end! - start!) / 86_400;
  ok(Math.abs(seconds!.length - days) <= 1, `${seconds!.length} rows of ${days} days: each row is drawn`);
  const shared = await (await fetch(page.url())).text();
  ok(shared.includes(`value="${searchParams.get("start")}"`), "the address alone shows the same range");
  await page.goBack();
  deepEqual(await chartOn(page), whole);
  await page.goForward();
  await page.getByRole("link", { name: "Whole time" }).click();
  deepEqual(await chartOn(page), whole);
  deepEqual(complaints, []);
});

Deno.test("several symbols are compared in one chart, as they are or as change in percent", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fillMarket(runnel.url);
  await using browser = await openPage(`${runnel.url}/dashboard/series/market/ACME?end=2015-01-20`);
  const { page, complaints } = browser;
  await page.getByRole("combobox", { name: "Compare with" }).fill("RILL");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("checkbox", { name: "RILL" }).waitFor();
  const compared = await chartOn(page);
  deepEqual(compared.names, ["ACME", "RILL"]);
  deepEqual(compared.data.slice(1).map((values) => values.slice(0, 3)), [[100, 101, 102], [10, 11, 12]]);
  await page.getByLabel("Change in percent").check();
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/relative=true/);
  const relative = await chartOn(page);
  deepEqual(relative.data.slice(1).map((values) => Math.round(values[2]!)), [2, 20]);
  await page.getByRole("checkbox", { name: "RILL" }).uncheck();
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL((url) => !url.search.includes("RILL"));
  deepEqual((await chartOn(page)).names, ["close"]);
  await page.getByRole("combobox", { name: "Compare with" }).fill("none");
  await page.getByRole("button", { name: "Show" }).click();
  match(await page.getByRole("alert").innerText(), /none/);
  // The browser says that the page of the refusal is 404.
  equal(complaints.length, 1);
});

Deno.test("a person looks at a revision and restores it; the state of before stays", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await fillMarket(runnel.url);
  const at = `${runnel.url}/api/store/market/ACME`;
  await (await fetch(at, { method: "DELETE" })).body?.cancel();
  await using browser = await openPage(`${runnel.url}/dashboard/series/market/ACME`);
  const { page, complaints } = browser;
  await page.getByText("This series was removed.").waitFor();
  await page.getByRole("link", { name: "1", exact: true }).click();
  const restore = page.getByRole("button", { name: "Restore it" });
  equal(await restore.isVisible(), false, "it takes a second step");
  await page.getByText("Restore revision 1").click();
  await restore.click();
  await page.getByText("4, as it is now").waitFor();
  const newest = async () => (await (await fetch(`${at}?tail=1&jsonformat=values`)).json())[0][0];
  equal(await newest(), 100 + DAYS - 1);
  await page.getByRole("link", { name: "2", exact: true }).click();
  await page.getByText("This is revision 2").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export as CSV" }).click(),
  ]);
  const csv = await Deno.readTextFile(await download.path());
  match(csv, new RegExp(`${stampOf(DAYS)}[^\n]*,1(\\.0)?\n`), "the revision's rows are exported");
  equal(await newest(), 100 + DAYS - 1, "looking changes nothing");
  deepEqual(complaints, []);
});
