/** A story of each area on each engine. The whole suite: `deno task test:engines`. */
import { createTestApp } from "../support/app.ts";
import { type EngineName, ENGINES } from "../support/engines.ts";
import { STORIES } from "./stories.ts";

const HAS_SERVER = Deno.build.os === "linux" && Deno.build.arch === "x86_64";
/** Whole suites run on these two in any case. */
const WITH_SUITE: readonly EngineName[] = ["file", "server"];

for (const engine of ENGINES.filter((engine) => !WITH_SUITE.includes(engine))) {
  Deno.test({
    name: `a story of each area holds (${engine})`,
    ignore: engine !== "shared-file" && !HAS_SERVER,
    async fn(t) {
      await using app = await createTestApp({ engine });
      for (const [area, story] of Object.entries(STORIES)) await t.step(area, () => story(app));
    },
  });
}
