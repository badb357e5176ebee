/** Whether this process can serve: the checks behind `/ready`, each with its reason when it fails. */
import type { Damaged } from "../../db/checksum.ts";
import type { HealthStore } from "../../db/operation/health.ts";
import { EngineError, type EngineFailure } from "../../db/engine/engine.ts";
import { LateError, within } from "../../db/within.ts";
import { describeError, type Issue } from "../errors.ts";
import { CLOCK_LEEWAY_MS, iso } from "../time.ts";
import type { Jobs } from "../jobs.ts";

/** How long a check may take. */
export const CHECK_PATIENCE_MS = 2_000;
/** How long the outcome of a check answers further questions. */
const MAX_AGE_MS = 1_000;
/** Looking through all channels costs more. */
const MAX_AGE_OF_CHANNELS_MS = 10_000;
const MOST_NAMES = 3;

const OF_ENGINE: Record<EngineFailure, string> = {
  busy: "another process locks the database",
  full: "the disk of the database is full: free space there, or move the database",
  unavailable: "the database does not answer",
  "too-large": "the database refuses it as too large",
  damaged: "the database file is damaged: `runnel doctor` says where",
  constraint: "the database refuses it; the log has more",
  other: "the database refuses it; the log has more",
};

/** One thing that must hold. */
export interface Check {
  readonly name: string;
  readonly maxAgeMillis: number;
  /** Answers what is wrong; undefined: nothing. */
  look(): Promise<string | undefined>;
}

/** What readiness is found out with. */
export interface ReadinessOptions {
  readonly store: HealthStore;
  readonly jobs: Jobs;
  /** Bytes that must be free on the disk of the database file. */
  readonly diskReserveBytes: number;
  readonly clock: () => number;
  readonly log: (line: string) => void;
}

interface Outcome {
  readonly at: number;
  readonly reason: Promise<string | undefined>;
}

/** The checks of a process. */
export class Readiness {
  readonly #checks: readonly Check[];
  readonly #clock: () => number;
  readonly #log: (line: string) => void;
  readonly #outcomes = new Map<Check, Outcome>();
  #lastSaid = "";

  constructor(options: ReadinessOptions) {
    this.#checks = checksOf(options);
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** What is checked, by name. */
  get names(): readonly string[] {
    return this.#checks.map(({ name }) => name);
  }

  /** What is wrong: the check as `path`, the reason as `message`. Nothing: the process is ready. A change is logged. */
  async look(): Promise<Issue[]> {
    const found = await Promise.all(this.#checks.map(async (check) => {
      const message = await this.#reasonOf(check);
      return message === undefined ? [] : [{ path: check.name, message }];
    }));
    const issues = found.flat();
    this.#say(issues);
    return issues;
  }

  #reasonOf(check: Check): Promise<string | undefined> {
    const now = this.#clock(), last = this.#outcomes.get(check);
    const age = last === undefined ? Infinity : now - last.at;
    if (last !== undefined && age >= 0 && age < check.maxAgeMillis) return last.reason;
    const reason = within(CHECK_PATIENCE_MS, "the check", check.look()).catch((error) =>
      this.#reasonFor(check, error)
    );
    this.#outcomes.set(check, { at: now, reason });
    return reason;
  }

  /** An error of the engine may hold SQL: the log has it, the answer its kind. */
  #reasonFor({ name }: Check, error: unknown): string {
    if (error instanceof LateError) return error.message;
    this.#log(`${name}: ${describeError(error).split("\n", 1)[0]}`);
    return error instanceof EngineError ? OF_ENGINE[error.failure] : "it failed; the log has more";
  }

  #say(issues: readonly Issue[]): void {
    const names = issues.map(({ path }) => path).join();
    if (names === this.#lastSaid) return;
    this.#lastSaid = names;
    const reasons = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
    this.#log(issues.length === 0 ? "ready again" : `not ready: ${reasons}`);
  }
}

function checksOf({ store, jobs, diskReserveBytes, clock }: ReadinessOptions): Check[] {
  const check = (name: string, look: Check["look"], maxAgeMillis = MAX_AGE_MS) => ({
    name,
    look,
    maxAgeMillis,
  });
  return [
    check("schema", async () => {
      const { stored, known } = await store.versions();
      return stored === known
        ? undefined
        : `the database has schema version ${stored}, this process ${known}`;
    }),
    check("writes", async () => {
      await store.write();
      return undefined;
    }),
    check("disk", async () => {
      const free = await store.freeBytes();
      return free === undefined || free >= diskReserveBytes
        ? undefined
        : `${free} bytes are free, less than DISK_RESERVE_BYTES (${diskReserveBytes}): free space, or move the database`;
    }),
    check("damage", () => Promise.resolve(reasonOf(store.damaged())), 0),
    check("jobs", async () => (await jobs.stuck()).join("; ") || undefined),
    check("clock", async () => {
      const newest = Math.max(...(await jobs.list()).map(({ last }) => last?.startedAt ?? -Infinity));
      return clock() >= newest - CLOCK_LEEWAY_MS
        ? undefined
        : `it says ${iso(clock())}, but a job was started at ${iso(newest)}`;
    }),
    check("channels", async () => {
      const key = BigInt(clock() + CLOCK_LEEWAY_MS) << 16n;
      const names = await store.channelsAfter(key, MOST_NAMES + 1);
      if (names.length === 0) return undefined;
      const shown = names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ", …" : "");
      return `the newest item lies more than 10 s ahead of the clock (${iso(clock())}) in: ${shown}`;
    }, MAX_AGE_OF_CHANNELS_MS),
  ];
}

function reasonOf(damaged: readonly Damaged[]): string | undefined {
  if (damaged.length === 0) return undefined;
  const names = damaged.slice(0, MOST_NAMES).map(({ what }) => what).join(", ");
  return `found since the start: ${names}${damaged.length > MOST_NAMES ? ", …" : ""}; ` +
    "`runnel doctor` names all. Restore a backup or write it again, then restart";
}
