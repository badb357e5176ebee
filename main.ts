/**
 * Runnel, from top to bottom: configuration, database, services, application, jobs, server. `deno run` listens as
 * HOST and PORT say; `deno serve` and edge hosting listen themselves and call the default export; with arguments it is
 * the `runnel` command.
 */
import { runCommand } from "./cli/main.ts";
import { readPassword } from "./cli/password.ts";
import { type Config, ConfigError, conversationSettings, readConfig } from "./config.ts";
import { NewerDatabaseError } from "./db/migrate.ts";
import { type Database, openDatabase } from "./db/open.ts";
import { describeError } from "./domain/errors.ts";
import { createServices, type DomainServices } from "./domain/services.ts";
import { allJobs } from "./jobs/mod.ts";
import { createApp } from "./routes/app.ts";

/** How long SIGTERM waits for requests that are under way, and then for the database. */
const DRAIN_MS = 8_000, CLOSE_MS = 8_000;

const log = (line: string) => writeAll(Deno.stderr, `${line}\n`);

const config = orExit(readConfig);
if (Deno.args.length > 0 && Deno.args[0] !== "serve") Deno.exit(await command(Deno.args));

const { database, services } = await open().catch(exitWith);
const app = createApp({
  ...services,
  publicUrl: config.PUBLIC_URL,
  trustProxy: config.TRUST_PROXY,
  corsOrigins: config.CORS_ORIGINS,
  maxItemBytes: config.MAX_ITEM_BYTES,
  maxFrameBytes: config.MAX_FRAME_BYTES,
  log,
  logRequests: config.LOG === "requests",
});
const stopping = new AbortController();
for (const { name, schedule, run } of allJobs(services)) {
  Deno.cron(name, schedule, async () => {
    const report = await run(stopping.signal);
    if (report !== undefined) log(`${name}: ${report}`);
  });
}

const isProgram = Deno.args[0] === "serve";
let servedByHost = false;
/** For `deno serve` and edge hosting. They decide where to listen; without keys only this machine is answered. */
const served = {
  onListen: () => servedByHost = true,
  fetch: (request: Request, info?: Deno.ServeHandlerInfo) =>
    app.fetch(request, {
      anonymous: config.ALLOW_ANONYMOUS || isLocal(info),
      address: () => info && addressOf(info),
    }),
};
// `deno run` warns of an export that looks like this, so the program has none.
export default isProgram ? {} : served;
// With `serve` there is no doubt; else: `deno serve` calls onListen before any timer, `deno run` never does.
if (isProgram) await listen(config);
else if (import.meta.main) setTimeout(() => servedByHost || listen(config), 0);

async function open(): Promise<{ database: Database; services: DomainServices }> {
  const database = await openDatabase({
    url: config.DATABASE_URL,
    authToken: config.DATABASE_AUTH_TOKEN,
    syncUrl: config.DATABASE_SYNC_URL,
    maxWaitingWrites: config.MAX_WAITING_WRITES,
  });
  const services = createServices(database, {
    cacheBytes: config.CACHE_BYTES,
    eventTtlDays: config.EVENT_TTL_DAYS,
    sessionTtlDays: config.SESSION_TTL_DAYS,
    conversations: conversationSettings(config, log),
  });
  return { database, services };
}

async function listen({ HOST, PORT, ALLOW_ANONYMOUS }: Config): Promise<void> {
  if (!isLoopback(HOST) && !ALLOW_ANONYMOUS && !await services.keys.exist()) {
    exitWith(
      new ConfigError(
        `HOST is ${HOST}, which others can reach, but there is no API key. Make one (runnel keys add NAME --scopes admin), ` +
          "or set ALLOW_ANONYMOUS=true to let everybody in",
      ),
    );
  }
  const server = Deno.serve({
    hostname: HOST,
    port: PORT,
    onListen: ({ hostname, port }) =>
      log(`Runnel listens on http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/`),
    onError: exitWith,
  }, (request, info) => app.fetch(request, { anonymous: true, address: () => addressOf(info) }));
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stop(server));
}

/** Answers what was accepted, tells subscribers, and leaves a closed database. */
async function stop(server: Deno.HttpServer): Promise<void> {
  if (stopping.signal.aborted) return;
  stopping.abort();
  const drained = server.shutdown();
  services.hub.close();
  services.series.close();
  // A client that stopped in the middle of its request must not keep the database from being closed.
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
  setTimeout(() => Deno.exit(1), CLOSE_MS);
  services.conversations.close();
  await database.close();
  Deno.exit(0);
}

function command(args: readonly string[]): Promise<number> {
  return runCommand(args, {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    isTerminal: Deno.stdout.isTerminal(),
    read: async (path) =>
      path === "-"
        ? new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer())
        : await Deno.readFile(path),
    apiKey: config.RUNNEL_API_KEY,
    readPassword,
    async withServices(use) {
      const { database, services } = await open();
      try {
        return await use(services);
      } finally {
        services.hub.close();
        services.series.close();
        services.conversations.close();
        await database.close();
      }
    },
  });
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string | Uint8Array): void {
  let bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
}

function orExit<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    return exitWith(error);
  }
}

/** What the operator can mend is told in a sentence, anything else with its stack. */
function exitWith(error: unknown): never {
  const isExpected = error instanceof ConfigError || error instanceof NewerDatabaseError;
  log(`runnel: ${isExpected ? error.message : describeError(error)}`);
  Deno.exit(1);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "::ffff:127.0.0.1" ||
    /^127(\.\d+){3}$/.test(host);
}

function isLocal(info: Deno.ServeHandlerInfo | undefined): boolean {
  const address = info && addressOf(info);
  return address !== undefined && isLoopback(address);
}

function addressOf({ remoteAddr }: Deno.ServeHandlerInfo): string | undefined {
  return remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
}
