/** What runs on a schedule. Jobs are plain functions, so that they can be listed and run by hand. */
import type { DomainServices } from "../domain/services.ts";

/** A named piece of work with its schedule. */
export interface Job {
  readonly name: string;
  /** Cron expression, UTC. */
  readonly schedule: string;
  /** Answers what the operator should know, if anything. `signal` ends it early. */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/** All jobs of the program. */
export function allJobs(services: DomainServices): Job[] {
  const { channels, events, analytics, series, sessions, conversations } = services;
  return [
    { name: "sweep-channels", schedule: "*/5 * * * *", run: silent((signal) => channels.sweep(signal)) },
    { name: "sweep-events", schedule: "*/5 * * * *", run: silent((signal) => events.sweep(signal)) },
    { name: "sweep-series", schedule: "*/5 * * * *", run: silent((signal) => series.sweep(signal)) },
    { name: "sweep-sessions", schedule: "* * * * *", run: silent((signal) => sessions.sweep(signal)) },
    {
      name: "sweep-conversations",
      schedule: "*/15 * * * *",
      run: silent((signal) => conversations.sweep(signal)),
    },
    {
      name: "sync-conversations",
      schedule: "* * * * *",
      run: silent((signal) => conversations.sync(signal)),
    },
    {
      name: "summarize-days",
      schedule: "*/10 * * * *",
      run: silent((signal) => conversations.daily.write(signal)),
    },
    {
      name: "recount-profiles",
      schedule: "30 3 * * SUN",
      async run() {
        const differences = await analytics.recount();
        if (differences.size === 0) return undefined;
        const found = Array.from(differences, ([table, rows]) => `${table} (${rows} rows)`).join(", ");
        return `counters differed from what they count, and were counted again: ${found}`;
      },
    },
  ];
}

/** Work of which the operator need not hear. */
function silent(work: (signal: AbortSignal) => Promise<unknown>): Job["run"] {
  return async (signal) => {
    await work(signal);
    return undefined;
  };
}
