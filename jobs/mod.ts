/** What runs on a schedule. Jobs are plain functions, so that they can be listed and run by hand. */
import type { Channels } from "../domain/channels/channels.ts";
import type { Sessions } from "../domain/sessions/sessions.ts";

/** A named piece of work with its schedule. */
export interface Job {
  readonly name: string;
  /** Cron expression, UTC. */
  readonly schedule: string;
  run(signal: AbortSignal): Promise<void>;
}

/** All jobs of the program. */
export function allJobs(
  { channels, sessions }: { readonly channels: Channels; readonly sessions: Sessions },
): Job[] {
  return [
    {
      name: "sweep-channels",
      schedule: "*/5 * * * *",
      async run(signal) {
        await channels.sweep(signal);
      },
    },
    {
      name: "sweep-sessions",
      schedule: "* * * * *",
      async run(signal) {
        await sessions.sweep(signal);
      },
    },
  ];
}
