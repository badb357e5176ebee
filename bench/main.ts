/**
 * `deno task bench [name …] [--only TEXT]`: runs those benchmarks, or takes an overview of all, and lists the figures that
 * were missed. With `--only`, of the comparisons those that have the text in their title.
 */
import { parseArgs } from "node:util";
import { channelBatches, cost, fanOut, inserts, reads } from "./channels.ts";
import { batches, load } from "./sessions.ts";
import { scale } from "./sessions_scale.ts";
import { conversationMessages, conversationQuestions } from "./conversations.ts";
import { dashboardOpen, dashboardPages } from "./dashboard.ts";
import { latency } from "./engine_latency.ts";
import { processes } from "./engine_processes.ts";
import { type Benchmark, compare } from "./harness.ts";
import { outputOf } from "./processes.ts";
import { profiles, profileSizes } from "./profiles.ts";
import { profileLimits } from "./profiles_limits.ts";
import { longReads } from "./readers.ts";
import { csv, ranges, restores, retrievals, saves, space } from "./series.ts";
import { formats } from "./series_formats.ts";
import { waits } from "./series_waits.ts";

const BENCHMARKS: readonly Benchmark[] = [
  inserts,
  reads,
  channelBatches,
  fanOut,
  cost,
  profiles,
  profileSizes,
  profileLimits,
  saves,
  csv,
  restores,
  formats,
  retrievals,
  ranges,
  space,
  waits,
  load,
  batches,
  scale,
  conversationMessages,
  conversationQuestions,
  processes,
  latency,
  longReads,
  dashboardPages,
  dashboardOpen,
];

const { values: { only, help }, positionals: names } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { only: { type: "string", default: "" }, help: { type: "boolean", default: false } },
});
const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0 || help) {
  console.log("deno task bench [name …] [--only TEXT]\n");
  for (const { name, about } of BENCHMARKS) console.log(`  ${name.padEnd(20)} ${about}`);
  Deno.exit(unknown.length > 0 ? 1 : 0);
}

console.log(
  `${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}, ${Deno.build.target}, ${
    new Date().toISOString()
  }`,
);
const missed: string[] = [];
for (const benchmark of BENCHMARKS) {
  if (names.length > 0 && !names.includes(benchmark.name)) continue;
  console.log(`\n== ${benchmark.name}: ${benchmark.about}`);
  if (!await hasPrograms(benchmark)) {
    missed.push(`${benchmark.name}: not run`);
    continue;
  }
  const started = performance.now();
  for await (const comparison of benchmark.comparisons()) {
    if (!comparison.title.includes(only)) continue;
    missed.push(...await compare(comparison, names.length === 0));
  }
  console.log(`  (${Math.round((performance.now() - started) / 1000)} s)`);
}
console.log(missed.length === 0 ? "\nAll figures reached." : `\nMissed:\n  ${missed.join("\n  ")}`);

async function hasPrograms({ needs = {} }: Benchmark): Promise<boolean> {
  let all = true;
  for (const [program, debianPackage] of Object.entries(needs)) {
    const modules = debianPackage.match(/(?<=python3-)\w+/g) ?? [];
    const isThere = modules.length > 0
      ? outputOf(program, ["-c", `import ${modules.join(", ")}`])
      : outputOf("sh", ["-c", `command -v ${program}`]);
    if (await isThere.then(() => true, () => false)) continue;
    console.log(`  needs ${program}: apt-get install ${debianPackage}`);
    all = false;
  }
  return all;
}
