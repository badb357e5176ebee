/**
 * `deno task test:engines [ENGINE …]`: every HTTP test of every area on each engine (support/engines.ts). A test whose
 * subject is a file, or a process of its own, names its database itself and runs as ever.
 */
import { ENGINES } from "./support/engines.ts";

const SUITES = ["access", "channels", "conversations", "meaning", "profiles", "series", "sessions"];

const engines = Deno.args.length > 0 ? Deno.args : ENGINES;
const failed: string[] = [];
for (const engine of engines) {
  console.log(`\n== ${engine}`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--config",
      "deno.dev.json",
      "-A",
      "--parallel",
      ...SUITES.map((suite) => `tests/${suite}`),
      "tests/engine/cross_check_test.ts",
    ],
    cwd: new URL("../", import.meta.url).pathname,
    env: { TEST_ENGINE: engine },
  }).spawn().status;
  if (!success) failed.push(engine);
}
console.log(
  failed.length === 0 ? `\nAll tests hold on ${engines.join(", ")}.` : `\nFailed on: ${failed.join(", ")}`,
);
Deno.exit(failed.length);
