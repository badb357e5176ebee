/** Fills a running Runnel with lively data of all five kinds, through its public API, and goes on until stopped. */
import { seedAll, tick } from "./data.ts";

const base = (Deno.args[0] ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
const isOnce = Deno.args.includes("--once");
const TICK_MS = 1_000;

/** Sends one request. A refusal ends the demo with what the server said, or with what to start where none answers. */
async function send(
  method: string,
  path: string,
  body: unknown,
  type = "application/json",
): Promise<void> {
  const key = Deno.env.get("RUNNEL_API_KEY");
  const response = await fetch(base + path, {
    method,
    headers: { "Content-Type": type, ...(key && { Authorization: `Bearer ${key}` }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  }).catch((cause) => {
    throw new Error(`nothing answers at ${base}/; is Runnel running there? Start it with: deno task start`, {
      cause,
    });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
}

try {
  await seedAll(send);
  console.log(`Every page of ${base}/ has something to show now.`);
  if (!isOnce) console.log("Data goes on coming: Ctrl-C ends it.");
  for (let i = 0; !isOnce; i++) {
    await tick(send, i);
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
