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
    {
      name: "sweep-channels",
      schedule: "*/5 * * * *",
      async run(signal) {
        await channels.sweep(signal);
        return undefined;
      },
    },
    {
      name: "sweep-events",
      schedule: "*/5 * * * *",
      async run(signal) {
        await events.sweep(signal);
        return undefined;
      },
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
    {
      name: "sweep-series",
      schedule: "*/5 * * * *",
      async run(signal) {
        await series.sweep(signal);
        return undefined;
      },
    },
    {
      name: "sweep-sessions",
      schedule: "* * * * *",
      async run(signal) {
        await sessions.sweep(signal);
        return undefined;
      },
    },
    {
      name: "sweep-conversations",
      schedule: "*/15 * * * *",
      async run(signal) {
        await conversations.sweep(signal);
        return undefined;
      },
    },
    {
      name: "sync-conversations",
      schedule: "* * * * *",
      async run(signal) {
        await conversations.sync(signal);
        return undefined;
      },
    },
    {
      name: "summarize-days",
      schedule: "*/10 * * * *",
      async run(signal) {
        await conversations.daily.write(signal);
        return undefined;
      },
    },
  ];
}
