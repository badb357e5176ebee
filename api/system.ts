/** The wire shapes of the first page, health and the sweep. */
import { z } from "zod";
import { Link, Moment, wholeNumber } from "./parameters.ts";

/** What `/` tells programs. */
export const Home = z.strictObject({
  name: z.literal("Runnel"),
  holds: z.strictObject({
    channels: z.int(),
    items: z.int(),
    subscribers: z.int(),
    profiles: z.int(),
    series: z.int(),
    sessions: z.int(),
    conversations: z.int(),
  }).meta({ description: "What can be read at the moment; nothing that has expired." }),
  _links: z.strictObject({ self: Link, channels: Link, health: Link }),
}).meta({ id: "Home" });

/** The line that `/health` answers. */
export const Health = z.string();

/** What `/ready` answers while the process can serve. */
export const Ready = z.strictObject({
  ready: z.literal(true),
  checks: z.array(z.string()).meta({ description: "What was looked at." }),
}).meta({ id: "Ready" });

/** How much a sweep freed. */
export const Swept = z.strictObject({
  expired: z.int().meta({ description: "In all areas." }),
  areas: z.strictObject({
    channels: z.int().meta({ description: "Items." }),
    profiles: z.int().meta({ description: "Rows of events." }),
    series: z.int().meta({ description: "Chunks." }),
    sessions: z.int(),
    conversations: z.int().meta({ description: "Messages." }),
  }),
}).meta({ id: "Swept" });

/** A job with its last run. */
export const JobAnswer = z.strictObject({
  name: z.string(),
  schedule: z.string().meta({ description: "Cron expression, UTC." }),
  about: z.string(),
  running: z.boolean(),
  last: z.strictObject({
    start: Moment,
    end: Moment.optional(),
    millis: z.int().optional().meta({ description: "How long it took." }),
    result: z.string().optional(),
    error: z.string().optional(),
  }).optional().meta({ description: "Absent: it has never run." }),
}).meta({ id: "Job" });

/** All jobs, by name. */
export const JobList = z.strictObject({ jobs: z.array(JobAnswer) }).meta({ id: "JobList" });

/** The query of the audit log. */
export const AuditQuery = z.object({
  limit: wholeNumber(1, 1_000, "At most so many entries; 100 unless given.").default(100),
  before: wholeNumber(1, 1e15 - 1, "Only entries before the one with this id.").optional(),
});

/** Who did what, the newest first. */
export const AuditList = z.strictObject({
  _links: z.strictObject({ self: Link, next: Link.optional() }),
  entries: z.array(z.strictObject({
    id: z.int(),
    time: Moment,
    actor: z.string().meta({ description: "Name of an API key, `command line`, or `without a key`." }),
    action: z.string(),
    subject: z.string().meta({ description: "What it was done with: a name or a path." }),
  })),
}).meta({ id: "AuditList" });
