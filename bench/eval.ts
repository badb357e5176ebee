/**
 * Measures the text analysis on data sets with references by people.
 *
 *   deno task eval [--data ../shared/data/text] [--scorer ../shared/tools/text-eval.ts] [--keep DIRECTORY]
 *
 * Writes each task's predictions as JSON Lines, has them scored by the scorer, and prints one line a figure. With
 * `--split test` it reads `*.test.jsonl` instead of `*.dev.jsonl`. Exits with 1 if a figure is missed.
 */
import { parseArgs } from "node:util";
import { type DataRecord, type Task, tasks } from "./eval/tasks.ts";

interface Figure {
  readonly name: string;
  readonly mean: number;
  readonly margin: number;
}

function readRecords(path: string): DataRecord[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as DataRecord);
}

/** Runs the scorer on the predictions of one task. */
async function score(task: Task, predictions: string, references: string, scorer: string): Promise<Figure[]> {
  const args = ["run", "--allow-read", "--no-lock", scorer, task.metric, predictions];
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args, "--references", references, "--json", ...task.scorerArgs],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`the scorer failed on ${task.name}`);
  return (JSON.parse(new TextDecoder().decode(stdout)) as { figures: Figure[] }).figures;
}

function report(task: Task, figures: readonly Figure[]): boolean {
  let met = true;
  for (const [name, toReach] of Object.entries(task.toReach)) {
    const { mean, margin } = figures.find((figure) => figure.name === name)!;
    met &&= mean >= toReach;
    const cells = [
      task.name.padEnd(36),
      name.padEnd(8),
      mean.toFixed(2).padStart(6),
      `±${margin.toFixed(1).padStart(4)}`,
      toReach.toFixed(1).padStart(6),
      mean >= toReach ? "met" : "MISSED",
    ];
    write(cells.join("  "));
  }
  return met;
}

function write(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      data: { type: "string", default: "../shared/data/text" },
      scorer: { type: "string", default: "../shared/tools/text-eval.ts" },
      split: { type: "string", default: "dev" },
      keep: { type: "string" },
    },
  });
  const out = options.keep ?? await Deno.makeTempDir({ prefix: "runnel-eval-" });
  await Deno.mkdir(out, { recursive: true });
  const data = (file: string) => `${options.data}/${file.replace(".dev.", `.${options.split}.`)}`;
  write(["task".padEnd(36), "figure  ", "reached", "    ", "to reach"].join("  "));
  try {
    const results = tasks.map(async (task) => {
      const records = readRecords(data(task.file));
      const past = task.background === undefined ? [] : readRecords(data(task.background));
      const path = `${out}/${task.name.replace(/\W+/gu, "-")}.jsonl`;
      const lines = task.predict(records, past).map((prediction, index) =>
        JSON.stringify({ id: records[index]!.id, ...prediction })
      );
      await Deno.writeTextFile(path, lines.join("\n"));
      return { task, figures: await score(task, path, data(task.file), options.scorer) };
    });
    const met = (await Promise.all(results)).map(({ task, figures }) => report(task, figures));
    if (!met.every(Boolean)) Deno.exitCode = 1;
  } finally {
    if (options.keep === undefined) await Deno.remove(out, { recursive: true });
  }
}

if (import.meta.main) await main();
