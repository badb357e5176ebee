/** `runnel jobs`: what runs on a schedule, and running it by hand. */
import type { Command } from "commander";
import type { JobState } from "../domain/jobs.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { iso } from "../domain/time.ts";

export function addJobCommands(program: Command, { out, withServices }: Terminal): void {
  const jobs = program.command("jobs").description("what runs on a schedule over the configured database");

  jobs.command("list").description("list the jobs with their last runs").action(async () => {
    const all = await withServices(({ jobs }) => jobs.list());
    out(table([["NAME", "SCHEDULE", "LAST START", "TOOK", "RESULT"], ...all.map(cells)]));
  });

  jobs.command("run").description("run a job now").argument("<name>", "what the job is called")
    .action(async (name: string) => {
      const { last } = await withServices(({ jobs }) => jobs.run(name));
      if (last?.error) throw new Error(`${name}: ${last.error}`);
      out(`${name}: ${last?.result ?? "done"}\n`);
    });
}

function cells({ name, schedule, isRunning, last }: JobState): string[] {
  if (last === undefined) return [name, schedule, "never", "", ""];
  const { startedAt, endedAt, result, error } = last;
  const start = iso(startedAt).slice(0, 19).replace("T", " ");
  const took = endedAt === null ? "" : `${endedAt - startedAt} ms`;
  return [name, schedule, start, took, isRunning ? "running" : error ?? result ?? "done"];
}
