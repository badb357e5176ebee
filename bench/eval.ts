/**
 * Measures the text analysis on data sets with references by people.
 *
 *   deno task eval [--data ../shared/data] [--tools ../shared/tools] [--only text | threads | statements | recaps] [--keep DIRECTORY]
 *
 * Writes each task's predictions as JSON Lines, has them scored by the scorers, and prints one line a figure. With
 * `--split test` it reads `*.test.jsonl` instead of `*.dev.jsonl`. Exits with 1 if a figure is missed.
 */
import { parseArgs } from "node:util";
import { type DataRecord, type Task, tasks } from "./eval/tasks.ts";
import { recapBudgets, recapPredictions, recapsToReach } from "./eval/recaps.ts";
import { measureStatements, statementsToReach } from "./eval/statements.ts";
import { linkPredictions, type ThreadSet, threadSets } from "./eval/threads.ts";

interface Figure {
  readonly name: string;
  readonly mean: number;
  /** Half of the 95 % interval, where the scorer gives it. */
  readonly margin?: number;
}

function readRecords(path: string): DataRecord[] {
  const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as DataRecord);
}

/** Runs a scorer, and reads the JSON that it prints. */
async function runScorer<Result>(scorer: string, args: readonly string[]): Promise<Result> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--no-lock", scorer, ...args, "--json"],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${scorer} failed on ${args.join(" ")}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Result;
}

/** Prints one line a figure, and whether all of them are reached. */
function report(
  name: string,
  figures: readonly Figure[],
  toReach: Readonly<Record<string, number>>,
): boolean {
  let met = true;
  for (const [figure, least] of Object.entries(toReach)) {
    const { mean, margin } = figures.find((one) => one.name === figure)!;
    met &&= mean >= least;
    const cells = [
      name.padEnd(36),
      figure.padEnd(9),
      mean.toFixed(2).padStart(6),
      margin === undefined ? "     " : `±${margin.toFixed(1).padStart(4)}`,
      least.toFixed(1).padStart(6),
      mean >= least ? "met" : "MISSED",
    ];
    write(cells.join("  "));
  }
  return met;
}

function write(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

interface Options {
  readonly data: string;
  readonly tools: string;
  readonly split: string;
  /** Where predictions are written. */
  readonly out: string;
}

async function evaluateText(task: Task, { data, tools, split, out }: Options): Promise<boolean> {
  const path = (file: string) => `${data}/text/${file.replace(".dev.", `.${split}.`)}`;
  const records = readRecords(path(task.file));
  const past = task.background === undefined ? [] : readRecords(path(task.background));
  const predictions = `${out}/${task.name.replace(/\W+/gu, "-")}.jsonl`;
  const lines = task.predict(records, past).map((prediction, index) =>
    JSON.stringify({ id: records[index]!.id, ...prediction })
  );
  await Deno.writeTextFile(predictions, lines.join("\n"));
  const args = [task.metric, predictions, "--references", path(task.file), ...task.scorerArgs];
  const { figures } = await runScorer<{ figures: Figure[] }>(`${tools}/text-eval.ts`, args);
  return report(task.name, figures, task.toReach);
}

interface ThreadFigures {
  readonly vi: number;
  readonly oneToOne: number;
  readonly links: { readonly f1: number };
  readonly exact: { readonly f1: number };
}

async function evaluateThreads(set: ThreadSet, { data, tools, split, out }: Options): Promise<boolean> {
  const references = `${data}/${set.file.replace("dev.", `${split}.`)}`;
  const predictions = `${out}/${set.name.replace(/\W+/gu, "-")}.jsonl`;
  await Deno.writeTextFile(predictions, linkPredictions(references).join("\n"));
  const { links, oneToOne, exact } = await runScorer<ThreadFigures>(`${tools}/thread-eval.ts`, [
    predictions,
    "--references",
    references,
  ]);
  const figures = [
    { name: "links F1", mean: 100 * links.f1 },
    { name: "1-1", mean: 100 * oneToOne },
    { name: "exact F1", mean: 100 * exact.f1 },
  ];
  return report(set.name, figures, set.toReach);
}

function evaluateStatements({ data }: Options): boolean {
  const { kind, worth } = measureStatements(data);
  const figures = [{ name: "kind", mean: kind }, { name: "worth", mean: worth }];
  return report("statements of recaps (IRC)", figures, { ...statementsToReach });
}

interface RecapFigures {
  readonly recall: number;
  readonly margin: number;
  readonly precision: number;
  readonly repeats: number;
  readonly kind?: number;
  readonly who?: number;
}

async function evaluateRecaps(words: number, { data, tools, out }: Options): Promise<boolean> {
  const days = `${data}/recaps`;
  const predictions = `${out}/recaps-${words}.jsonl`;
  await Deno.writeTextFile(predictions, recapPredictions(days, words).join("\n"));
  const args = [predictions, "--days", days, "--words", `${words}`];
  const scored = await runScorer<{ reports: [RecapFigures] }>(`${tools}/recap-eval.ts`, args);
  const { recall, margin, precision, repeats, kind = 0, who = 0 } = scored.reports[0];
  const figures = [
    { name: "recall", mean: 100 * recall, margin: 100 * margin },
    { name: "precision", mean: 100 * precision },
    { name: "kind", mean: 100 * kind },
    { name: "who", mean: 100 * who },
    { name: "no repeat", mean: 100 * (1 - repeats) },
  ];
  return report(`recap of ${words} words`, figures, recapsToReach[words]!);
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      data: { type: "string", default: "../shared/data" },
      tools: { type: "string", default: "../shared/tools" },
      split: { type: "string", default: "dev" },
      only: { type: "string" },
      keep: { type: "string" },
    },
  });
  const out = options.keep ?? await Deno.makeTempDir({ prefix: "runnel-eval-" });
  await Deno.mkdir(out, { recursive: true });
  write(["task".padEnd(36), "figure   ", "reached", "    ", "to reach"].join("  "));
  const wanted = (what: string) => options.only === undefined || options.only === what;
  try {
    const met: boolean[] = [];
    for (const task of wanted("text") ? tasks : []) met.push(await evaluateText(task, { ...options, out }));
    for (const set of wanted("threads") ? threadSets : []) {
      met.push(await evaluateThreads(set, { ...options, out }));
    }
    if (wanted("statements")) met.push(evaluateStatements({ ...options, out }));
    for (const words of wanted("recaps") ? recapBudgets : []) {
      met.push(await evaluateRecaps(words, { ...options, out }));
    }
    if (!met.every(Boolean)) Deno.exitCode = 1;
  } finally {
    if (options.keep === undefined) await Deno.remove(out, { recursive: true });
  }
}

if (import.meta.main) await main();
