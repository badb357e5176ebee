import { deepEqual, equal, match } from "../support/assert.ts";
import { openPage } from "../support/browser.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("/docs shows every section, and tries a call out under its Content-Security-Policy", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const foreign: string[] = [];
  await using browser = await openPage(`${runnel.url}/`);
  const { page, complaints } = browser;
  page.on("request", (request) => {
    if (!request.url().startsWith(runnel.url) && !request.url().startsWith("data:")) {
      foreign.push(request.url());
    }
  });
  await page.getByRole("link", { name: "API", exact: true }).click();
  await page.locator("#operations-sessions-postUserBatches").click();
  const operation = page.locator("#operations-sessions-postUserBatches");
  await operation.getByRole("button", { name: "Execute" }).click();
  await operation.locator(".live-responses-table .response").waitFor();
  equal(await operation.locator(".live-responses-table tbody .response-col_status").innerText(), "200");
  match(await operation.locator(".live-responses-table").innerText(), /success insertion/);

  const stored = await (await fetch(`${runnel.url}/user/last-events?days=100000`)).json();
  deepEqual(Object.keys(stored), ["DE"], "the example of the page is stored");
  deepEqual(foreign, [], "nothing is loaded from elsewhere");
  deepEqual(complaints, []);
});

Deno.test("/docs is dark when the system is, and keeps a key through a reload", async () => {
  await using folder = await temporaryFolder();
  await using runnel = await startProcess({ database: `file:${folder.path}/runnel.db` });
  await using browser = await openPage(`${runnel.url}/docs`);
  const { page, complaints } = browser;
  const background = () => page.evaluate(`getComputedStyle(document.body).backgroundColor`);
  await page.emulateMedia({ colorScheme: "dark" });
  equal(await background(), "rgb(15, 23, 27)");
  await page.locator("html.dark-mode").waitFor();
  await page.emulateMedia({ colorScheme: "light" });
  await page.locator("html:not(.dark-mode)").waitFor();
  equal(await background(), "rgb(255, 255, 255)");
  await page.locator(".btn.authorize").click();
  await page.locator("#auth-bearer-value").first().fill("rnl_kept");
  await page.locator(".modal-ux button.authorize").first().click();
  await page.reload();
  await page.locator(".btn.authorize.locked").click();
  await page.getByRole("button", { name: "Remove authorization" }).waitFor();
  deepEqual(complaints, []);
});
