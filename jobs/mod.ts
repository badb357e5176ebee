/** What runs on a schedule. Jobs are plain functions, so that they can be listed and run by hand. */
import type { DomainServices } from "../domain/services.ts";

/** A named piece of work with its schedule. */
export interface Job {
  readonly name: string;
  /** Cron expression, UTC. */
  readonly schedule: string;
  run(signal: AbortSignal): Promise<void>;
}

/** All jobs of the program. */
export function allJobs({ channels, conversations }: DomainServices): Job[] {
  return [
    {
      name: "sweep-channels",
      schedule: "*/5 * * * *",
      async run(signal) {
        await channels.sweep(signal);
      },
    },
    {
      name: "sweep-conversations",
      schedule: "*/15 * * * *",
      async run(signal) {
        await conversations.sweep(signal);
      },
    },
    {
      name: "sync-conversations",
      schedule: "* * * * *",
      run: (signal) => conversations.sync(signal),
    },
    {
      name: "summarize-days",
      schedule: "*/10 * * * *",
      async run(signal) {
        await conversations.daily.write(signal);
      },
    },
  ];
}
