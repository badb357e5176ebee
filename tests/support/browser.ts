/** A real Chromium, as Debian packages it, driven by playwright-core. */
import { type Browser, chromium, type Page } from "playwright-core";

/** An open page. `await using` closes the browser. */
export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page's console and the browser complained about. */
  readonly complaints: string[];
}

/** Starts the browser and opens an address. */
export async function openPage(url: string): Promise<BrowserPage> {
  const browser: Browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}
