/** Scheduled work that many processes share: each run is done by one of them, and what it did is kept. */
import type { JobRow, JobStore } from "../db/jobs.ts";
import { describeError, RunnelError } from "./errors.ts";
import { iso } from "./time.ts";

/** How long a process that runs a job is believed to be alive without a word from it, in milliseconds. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
const MINUTE_MS = 60_000;
/** What runs this long, or (every minute) has not begun for this long, is stuck. */
const TOO_LONG_MS = 60 * MINUTE_MS, TOO_LATE_MS = 10 * MINUTE_MS;
const EVERY_MINUTE = "* * * * *";

/** A named piece of work with its schedule. */
export interface Job {
  readonly name: string;
  /** Cron expression, UTC. */
  readonly schedule: string;
  /** What it is for, in one line. */
  readonly about: string;
  /** True when there is nothing to do, which is known without a query. */
  isIdle?(): boolean;
  /**
   * How long the schedule leaves it out after a run that changed nothing, while its process changes nothing; each process
   * looks after its own changes. Not at all unless given.
   */
  readonly restMillis?: number;
  /** Answers what the operator should know, if anything. `signal` ends it early. */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/** A job with its last run. Times in milliseconds since the epoch. */
export interface JobState extends Pick<Job, "name" | "schedule" | "about"> {
  readonly isRunning: boolean;
  readonly last?: Pick<JobRow, "startedAt" | "endedAt" | "result" | "error">;
}

/** What the jobs of a database need. */
export interface JobsOptions {
  readonly store: JobStore;
  readonly jobs: readonly Job[];
  /** Rows that this process changed since the start. */
  readonly changes: () => number;
  readonly clock: () => number;
  readonly log: (line: string) => void;
}

/** The jobs of a database. */
export class Jobs {
  /** This process, for others that look at who runs a job. */
  readonly #holder = crypto.randomUUID();
  readonly #options: JobsOptions;
  readonly #closing = new AbortController();
  readonly #since: number;
  /** By job: when it last found nothing to do, and how much this process had changed by then. */
  readonly #resting = new Map<Job, { readonly since: number; readonly changes: number }>();

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#since = options.clock();
  }

  /** All jobs with their last runs, by name. */
  async list(): Promise<JobState[]> {
    const { store, jobs, clock } = this.#options;
    const rows = new Map((await store.all()).map((row) => [row.name, row]));
    return jobs.map((job) => describe(job, rows.get(job.name), clock()))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** What does not go as it should: jobs that do not end, and jobs of every minute that do not begin. */
  async stuck(): Promise<string[]> {
    const { jobs, clock } = this.#options;
    const now = clock();
    return (await this.list()).flatMap(({ name, schedule, isRunning, last }) => {
      const startedAt = last?.startedAt ?? this.#since;
      if (isRunning) return now - startedAt > TOO_LONG_MS ? [`${name} runs since ${iso(startedAt)}`] : [];
      const isIdle = schedule !== EVERY_MINUTE || this.#isIdle(jobs.find((job) => job.name === name)!);
      const isLate = now - Math.max(startedAt, this.#since) > TOO_LATE_MS;
      return isLate && !isIdle ? [`${name} has not run since ${iso(startedAt)}`] : [];
    });
  }

  /** Runs a job now and answers what it did. Unknown: `job-not-found`. Under way already: `job-running`. */
  async run(name: string): Promise<JobState> {
    const job = this.#find(name);
    if (!await this.#take(job, 0)) {
      throw new RunnelError("job-running", `the job ${name} is under way: wait for its end`);
    }
    await this.#carryOut(job);
    return (await this.list()).find((state) => state.name === name)!;
  }

  /**
   * What the schedule calls at its moment, in every process: the first one runs the job, the others leave it. What
   * goes wrong is logged and kept, never thrown.
   */
  async runScheduled(name: string): Promise<void> {
    const { clock, log } = this.#options;
    const job = this.#find(name);
    if (this.#isIdle(job)) return;
    try {
      if (!await this.#take(job, Math.floor(clock() / MINUTE_MS) * MINUTE_MS)) return;
      const { result, error } = await this.#carryOut(job);
      if (error !== undefined) log(`${name}: ${error}`);
      else if (result !== undefined) log(`${name}: ${result}`);
    } catch (error) {
      log(`${name}: ${describeError(error)}`);
    }
  }

  /** Ends what this process runs. */
  close(): void {
    this.#closing.abort();
  }

  #find(name: string): Job {
    const job = this.#options.jobs.find((job) => job.name === name);
    if (job !== undefined) return job;
    const names = this.#options.jobs.map(({ name }) => name).sort().join(", ");
    throw new RunnelError("job-not-found", `there is no job ${name}; there are ${names}`);
  }

  #isIdle(job: Job): boolean {
    const { restMillis = 0, isIdle } = job, resting = this.#resting.get(job);
    if (isIdle?.()) return true;
    if (resting?.changes !== this.#options.changes()) return false;
    const age = this.#options.clock() - resting.since;
    // A negative age: the clock was set back.
    return age >= 0 && age < restMillis;
  }

  #take({ name }: Job, slot: number): Promise<boolean> {
    const now = this.#options.clock();
    return this.#options.store.take({ name, slot, holder: this.#holder, now, leaseUntil: now + LEASE_MS });
  }

  async #carryOut(job: Job): Promise<{ result?: string | undefined; error?: string }> {
    const { store, clock } = this.#options;
    const lost = new AbortController();
    const renewing = setInterval(async () => {
      const holds = await store.renew(job.name, this.#holder, clock() + LEASE_MS).catch(() => true);
      if (!holds) lost.abort();
    }, RENEW_MS);
    const since = clock(), changes = this.#options.changes();
    this.#resting.delete(job);
    try {
      const result = await job.run(AbortSignal.any([lost.signal, this.#closing.signal]));
      if (this.#options.changes() === changes) this.#resting.set(job, { since, changes });
      await store.finish(job.name, this.#holder, clock(), result ?? null, null);
      return { result };
    } catch (cause) {
      const error = describeError(cause);
      // The log has the whole story; what is kept is for people.
      await store.finish(job.name, this.#holder, clock(), null, error.split("\n", 1)[0]!);
      return { error };
    } finally {
      clearInterval(renewing);
    }
  }
}

function describe({ name, schedule, about }: Job, row: JobRow | undefined, now: number): JobState {
  if (row === undefined) return { name, schedule, about, isRunning: false };
  const { startedAt, endedAt, result, error, holder, leaseUntil } = row;
  const isRunning = holder !== null && leaseUntil > now;
  const died = holder !== null && !isRunning;
  return {
    name,
    schedule,
    about,
    isRunning,
    last: { startedAt, endedAt, result, error: died ? "the process that ran it ended" : error },
  };
}
