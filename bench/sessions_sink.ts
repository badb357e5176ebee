/**
 * The peer of `sessions-batches`: Runnel itself, whose sessions take events and store nothing. What is left is HTTP, JSON and
 * checking.
 */
import { appSettings, describeConfig, openOptions, readConfig } from "../config/mod.ts";
import { createLog } from "../domain/log.ts";
import { openRunnel } from "../domain/services.ts";
import { createApp } from "../routes/app.ts";
import { listen } from "../routes/serving/listen.ts";

const config = await readConfig();
const log = createLog((text) => Deno.stderr.writeSync(new TextEncoder().encode(text)), config.LOG_FORMAT);
const { services } = await openRunnel({ ...openOptions(config, log), jobs: [] });
services.sessions.add = () => Promise.resolve();
const app = createApp({ ...services, ...appSettings(config, log), configuration: describeConfig() });
await listen(app, services.keys, config, log);
