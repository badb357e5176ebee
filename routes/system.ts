/** For operators and newcomers: health, the sweep on demand, and the first page. */
import { Health, Home, JobAnswer, JobList, Swept } from "../api/system.ts";
import type { JobState } from "../domain/jobs.ts";
import { iso } from "../domain/time.ts";
import { VERSION } from "../domain/version.ts";
import { AUDIT, listAudit } from "./operation/audit.ts";
import { METRICS, showMetrics } from "./operation/show_metrics.ts";
import { READY, showReady } from "./operation/readiness.ts";
import { bearerOf } from "./gate.ts";
import { json, text } from "./respond.ts";
import type { Services } from "./services.ts";
import { baseOf, type Call, get, param, post, type Route, type RouteReference } from "./route.ts";

const HOME: RouteReference = {
  summary: "What this is and what it holds",
  description:
    "A page for browsers, JSON for programs. Of conversations it counts those that whoever asks may read: with a person's token theirs, else the public ones.",
  ignoresUnknown: true,
  answers: { 200: { description: "What the process holds at the moment.", schema: Home } },
};
const HEALTH: RouteReference = {
  summary: "Whether the database answers",
  ignoresUnknown: true,
  answers: {
    200: { description: "It does.", type: "text/plain", schema: Health, example: "OK (3 channels)" },
  },
  errors: ["unavailable"],
};
const SWEEP: RouteReference = {
  summary: "Free the space of what has expired",
  description:
    "What has expired is invisible at once; this only frees its space, as a job does every minute.",
  answers: {
    200: {
      description: "How much went: in all, and by area.",
      schema: Swept,
      example: {
        expired: 3,
        areas: { channels: 3, profiles: 0, series: 0, sessions: 0, conversations: 0 },
      },
    },
  },
};
const JOBS: RouteReference = {
  summary: "What runs on a schedule",
  answers: { 200: { description: "The jobs by name, each with its last run.", schema: JobList } },
};
const RUN_JOB: RouteReference = {
  summary: "Run a job now",
  description: "Answers when the job has ended. However many processes there are, one runs a job at a time.",
  answers: { 200: { description: "The job, with this run.", schema: JobAnswer } },
  errors: ["job-not-found", "job-running"],
};

export const systemRoutes: readonly Route[] = [
  get("/", "public", HOME, showHome),
  get("/health", "public", HEALTH, showHealth),
  get("/ready", "public", READY, showReady),
  get("/metrics", "metrics:read", METRICS, showMetrics),
  post("/sweep", "admin", SWEEP, sweepNow),
  get("/audit", "admin", AUDIT, listAudit),
  get("/jobs", "admin", JOBS, listJobs),
  post("/jobs/:name/run", "admin", RUN_JOB, runJob),
];

export async function showHome(call: Call): Promise<Response> {
  const base = baseOf(call);
  const user = await call.services.conversations.accounts.whoMayBe(bearerOf(call.request.headers));
  const holds = await holdings(call.services, user?.person);
  return json({
    name: "Runnel",
    holds,
    _links: {
      self: { href: `${base}/` },
      channels: { href: `${base}/channel` },
      health: { href: `${base}/health` },
    },
  });
}

/** What can be read at the moment, in every area; conversations by the person, or by anybody. */
async function holdings(
  { channels, hub, profiles, series, sessions, conversations }: Services,
  person: string | undefined,
) {
  const [held, ...counts] = await Promise.all([
    channels.summary(),
    profiles.count(),
    series.listing.count(),
    sessions.count(),
    conversations.statistics.count(person),
  ]);
  return {
    ...held,
    subscribers: hub.size,
    profiles: counts[0],
    series: counts[1],
    sessions: counts[2],
    conversations: counts[3],
  };
}

export async function showHealth({ services }: Call): Promise<Response> {
  const { channels: count } = await services.channels.summary();
  const answer = text(`OK (${count} channels)`);
  answer.headers.set("Runnel-Version", VERSION);
  return answer;
}

export async function sweepNow({ request, services }: Call): Promise<Response> {
  const areas = await services.sweep(request.signal);
  return json({ expired: Object.values(areas).reduce((sum, freed) => sum + freed, 0), areas });
}

export async function listJobs({ services }: Call): Promise<Response> {
  return json({ jobs: (await services.jobs.list()).map(describeJob) });
}

export async function runJob(call: Call): Promise<Response> {
  return json(describeJob(await call.services.jobs.run(param(call, "name"))));
}

function describeJob({ name, schedule, about, isRunning, last }: JobState) {
  return {
    name,
    schedule,
    about,
    running: isRunning,
    ...(last !== undefined && {
      last: {
        start: iso(last.startedAt),
        ...(last.endedAt !== null && { end: iso(last.endedAt), millis: last.endedAt - last.startedAt }),
        ...(last.result !== null && { result: last.result }),
        ...(last.error !== null && { error: last.error }),
      },
    }),
  };
}
