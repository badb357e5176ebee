/** What runs on a schedule. Names and schedules are known without a database, so that a host can register them. */
import type { JobPlan } from "../domain/services.ts";
import { MINUTE_MS } from "../domain/time.ts";

/** All jobs of the program; at most eight, because hosts allow few. */
export const JOBS: readonly JobPlan[] = [
  {
    name: "sweep",
    schedule: "* * * * *",
    about: "frees the space of what has expired",
    restMillis: 15 * MINUTE_MS,
    async run({ sweep }, signal) {
      const freed = Object.entries(await sweep(signal)).filter(([, count]) => count > 0);
      return freed.length === 0 ? undefined : freed.map(([area, count]) => `${area} ${count}`).join(", ");
    },
  },
  {
    name: "sync-conversations",
    schedule: "* * * * *",
    about: "brings in what is new in Mattermost and Slack",
    isIdle: ({ conversations }) => !conversations.hasSources,
    async run({ conversations }, signal) {
      await conversations.sync(signal);
      return undefined;
    },
  },
  {
    name: "summarize-days",
    schedule: "*/10 * * * *",
    about: "writes the summaries of finished days of chat channels",
    restMillis: 60 * MINUTE_MS,
    async run({ conversations }, signal) {
      await conversations.daily.write(signal);
      return undefined;
    },
  },
  {
    name: "backup",
    schedule: "5-55/10 * * * *",
    about: "writes a backup to BACKUP_DIR when the newest is older than BACKUP_EVERY",
    isIdle: ({ backups }) => !backups.isDue,
    run: ({ backups }) => backups.write(),
  },
  {
    name: "recount-profiles",
    schedule: "30 3 * * SUN",
    about: "compares the counters of analytics with what they count, and mends them",
    async run({ analytics }) {
      const differences = await analytics.recount();
      if (differences.size === 0) return undefined;
      const found = Array.from(differences, ([table, rows]) => `${table} (${rows} rows)`).join(", ");
      return `counters differed from what they count, and were counted again: ${found}`;
    },
  },
];
