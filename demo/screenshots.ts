/** Pictures of every page with the demo's data: light and dark, on a desktop and on a phone. */
import { chromium } from "playwright-core";
import { startProcess, temporaryFolder } from "../tests/support/process.ts";

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
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } } as const;
const PASSWORD = "a river runs through it";

if (import.meta.main) {
  const only = Deno.args[0];
  const folder = await temporaryFolder(), database = `file:${folder.path}/runnel.db`;
  const runnel = await startProcess({ database });
  const run = (args: string[], stdin?: string) => command(args, database, stdin);
  await run(["demo/main.ts", runnel.url, "--once"]);
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
      for (const [name, path] of Object.entries(PATHS)) {
        if (only !== undefined && only !== name) continue;
        await page.goto(runnel.url + path);
        await page.screenshot({
          path: `docs/images/${name}-${size}-${colorScheme}.png`,
          animations: "disabled",
        });
      }
      await page.close();
    }
  }
  await browser.close();
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
