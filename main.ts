/**
 * Runnel, from top to bottom: configuration, jobs, database, application, server. With arguments it is the `runnel`
 * command; `deno serve` and edge hosting listen themselves and call the default export.
 */
import { runCommand } from "./cli/main.ts";
import { createTerminal, writeAll } from "./cli/terminal/process.ts";
import {
  appSettings,
  ConfigError,
  describeConfig,
  forgetVariables,
  openOptions,
  readConfig,
} from "./config/mod.ts";
import { DatabaseFileError } from "./db/engine/engine.ts";
import { NewerDatabaseError } from "./db/migrate.ts";
import type { DatabaseOptions } from "./db/open.ts";
import { describeError } from "./domain/errors.ts";
import { createLog } from "./domain/log.ts";
import { keepLittleFreeMemory } from "./domain/operation/memory.ts";
import { openRunnel, type Runnel } from "./domain/services.ts";
import { JOBS } from "./jobs/mod.ts";
import { createApp } from "./routes/app.ts";
import { createPeer } from "./routes/serving/peer.ts";
import { listen, ListenError, stopOnSignals } from "./routes/serving/listen.ts";

const write = (text: string) => writeAll(Deno.stderr, text);

// Before anything is awaited, and without a database: hosts find schedules by evaluating this module.
const serving = Promise.withResolvers<Runnel>();
for (const { name, schedule } of JOBS) {
  Deno.cron(name, schedule, async () => (await serving.promise).services.jobs.runScheduled(name));
}

keepLittleFreeMemory();
const config = await Promise.try(readConfig).catch(exitWith);
const configuration = describeConfig();
const log = createLog(write, config.LOG_FORMAT);
forgetVariables();
const open = (told: Pick<DatabaseOptions, "onAway" | "onOtherHistory"> = {}) => {
  const { database, ...options } = openOptions(config, log);
  return openRunnel({ ...options, database: { ...database, ...told }, jobs: JOBS });
};
const isServe = Deno.args.length === 1 && Deno.args[0] === "serve";
if (Deno.args.length > 0 && !isServe) {
  const terminal = createTerminal(() => open(), config.DATABASE_URL, config.RUNNEL_API_KEY);
  Deno.exit(await runCommand(Deno.args, terminal));
}

const onAway = (why: string) => log(`runnel: waiting for the database: ${why}`);
const onOtherHistory = (why: string) => {
  log(`runnel: ends: ${why}`);
  // Nothing is lost by ending at once: the primary has what this process acknowledged, and its memory is out of date.
  Deno.exit(1);
};
const runnel = await open({ onAway, onOtherHistory }).catch(exitWith);
serving.resolve(runnel);
// A fault here is no reason not to serve: it looks again soon.
runnel.services.webhooks.start().catch((error) => log(`webhooks: ${describeError(error)}`));
const app = createApp({ ...runnel.services, ...appSettings(config, log), configuration });
const peer = createPeer(config.TRUST_PROXY);

let servedByHost = false;
/** For `deno serve` and edge hosting, which decide where to listen. */
const served = {
  onListen: () => servedByHost = true,
  fetch: (request: Request, info?: Deno.ServeHandlerInfo) => app.fetch(request, peer(info)),
};
// `deno run` warns of an export that looks like this, so the program has none.
export default isServe ? {} : served;
// With `serve` there is no doubt; else: `deno serve` calls onListen before any timer, `deno run` never does.
if (isServe) await start();
else if (import.meta.main) setTimeout(() => servedByHost ? stopOnSignals(runnel) : start(), 0);

async function start(): Promise<void> {
  try {
    stopOnSignals(runnel, await listen(app, runnel.services.keys, config, log));
    // From here on only backups make files: the database writes through a library, to what is open.
    if (config.BACKUP_DIR === undefined) Deno.permissions.revokeSync({ name: "write" });
  } catch (error) {
    exitWith(error);
  }
}

/** A fault that the operator can mend is one sentence in the log; any other has its stack. */
function exitWith(error: unknown): never {
  const isExpected = error instanceof ConfigError || error instanceof NewerDatabaseError ||
    error instanceof DatabaseFileError ||
    error instanceof ListenError;
  write(`runnel: ${isExpected ? error.message : describeError(error)}\n`);
  Deno.exit(1);
}
