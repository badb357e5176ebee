/** Pictures of every page with the demo's data: light and dark, on a desktop and on a phone. */
import { chromium } from "playwright-core";
import { startProcess, temporaryFolder } from "../tests/support/process.ts";

/** Pages in all four ways. */
export const PATHS = {
  overview: "/",
  channels: "/dashboard/channels",
  channel: "/dashboard/channels/weather",
  series: "/dashboard/series/market/ACME",
  sessions: "/dashboard/sessions",
  app: "/dashboard/apps/coffeeshop",
  conversations: "/dashboard/conversations",
  operate: "/dashboard/operate",
} as const;
/** Pages that are shown light on a desktop and dark on a phone only. */
const LESSER = {
  login: "/dashboard/login",
  references: "/dashboard/series",
  symbols: "/dashboard/series/market",
  compare: "/dashboard/series/market/ACME?with=RILL&with=BROOK&relative=true",
  apps: "/dashboard/apps",
  profile: "/dashboard/apps/coffeeshop/person7?person=true",
  item: "item",
  docs: "/docs",
  errors: "/docs/errors",
} as const;
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } } as const;
/** How long the demo runs first, so that what came in has a course. */
const LIVELY_MS = 100_000;
const PASSWORD = "a river runs through it";

if (import.meta.main) {
  const only = Deno.args[0];
  const folder = await temporaryFolder(), database = `file:${folder.path}/runnel.db`;
  const runnel = await startProcess({ database });
  const run = (args: string[], stdin?: string) => command(args, database, stdin);
  const demo = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "demo/main.ts", runnel.url],
    stdout: "null",
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, LIVELY_MS));
  await run(["main.ts", "users", "add", "mara", "--channels", "ops"], PASSWORD);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const page = await browser.newPage({ colorScheme, viewport });
      await page.goto(`${runnel.url}/dashboard/conversations`);
      await page.getByLabel("Name").fill("mara");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("button", { name: "Log out" }).waitFor();
      const list = await (await fetch(`${runnel.url}/channel/orders/latest/1`)).json();
      const isOpposite = (size === "desktop") !== (colorScheme === "light");
      const pages: Readonly<Record<string, string>> = isOpposite ? PATHS : { ...PATHS, ...LESSER };
      for (const [name, path] of Object.entries(pages)) {
        if (only !== undefined && only !== name) continue;
        const at = path === "item" ? `/dashboard/channels/orders/${list.items[0].id}` : path;
        await page.goto(runnel.url + at);
        if (name === "docs") await page.locator(".opblock").first().waitFor();
        await page.screenshot({
          path: `docs/images/${name}-${size}-${colorScheme}.png`,
          animations: "disabled",
        });
      }
      await page.close();
    }
  }
  await browser.close();
  demo.kill();
  await demo.status;
  await runnel[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
}

async function command(args: string[], database: string, stdin = ""): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", ...args],
    env: { DATABASE_URL: database },
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${stdin}\n`));
  await writer.close();
  if (!(await child.status).success) throw new Error(`${args.join(" ")} failed`);
}
