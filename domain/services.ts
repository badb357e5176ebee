/** Everything that Runnel knows, over one database. */
import { createJobStore } from "../db/jobs.ts";
import { createAuditStore } from "../db/audit.ts";
import { createKeyStore } from "../db/keys.ts";
import { type Database, type DatabaseOptions, laxFile, openDatabase } from "../db/open.ts";
import { Audit } from "./access/audit.ts";
import { ApiKeys } from "./access/keys.ts";
import type { Area, AreaName, AreaOptions } from "./areas.ts";
import type { Portable } from "./operation/portable.ts";
import { type ChannelAreaOptions, type ChannelServices, createChannelArea } from "./channels/mod.ts";
import { createStorageFigures } from "../db/operation/figures.ts";
import { type BackupPlan, Backups } from "./operation/backups.ts";
import { watchProgress } from "../db/operation/progress.ts";
import { createHealthStore } from "../db/operation/health.ts";
import { Readiness } from "./operation/readiness.ts";
import { Storage } from "./operation/storage.ts";
import type { ConversationSettings } from "./conversations/conversations.ts";
import { type ConversationServices, createConversationArea } from "./conversations/mod.ts";
import { type Job, Jobs } from "./jobs.ts";
import { CALM_MS, Poll } from "./live/poll.ts";
import type { Log } from "./log.ts";
import { People } from "./people.ts";
import { createProfileArea, type ProfileAreaOptions, type ProfileServices } from "./profiles/mod.ts";
import { createSeriesArea, type SeriesAreaOptions, type SeriesServices } from "./series/mod.ts";
import { createSessionArea, type SessionAreaOptions, type SessionServices } from "./sessions/mod.ts";

/** What the services need beside the database. */
export interface ServiceOptions
  extends ChannelAreaOptions, ProfileAreaOptions, SeriesAreaOptions, SessionAreaOptions {
  readonly conversations: ConversationSettings;
  /** Bytes that must be free on the disk of the database file for the process to be ready. */
  readonly diskReserveBytes: number;
  /** Where backups go on a schedule; nowhere unless given. */
  readonly backups?: BackupPlan | undefined;
  /** What runs on a schedule. */
  readonly jobs: readonly JobPlan[];
  /** How often a process looks for what others did while nobody follows anything, in milliseconds. */
  readonly calmPollMillis?: number | undefined;
  /** Milliseconds since the epoch; a test may set it. */
  readonly clock?: (() => number) | undefined;
  readonly log: Log;
}

/** The services of all areas, and what all of them share. */
export interface AreaServices
  extends ChannelServices, ProfileServices, SeriesServices, SessionServices, ConversationServices {
  /** The data of each area as records, for files. */
  readonly portable: Readonly<Record<AreaName, Portable>>;
  /** All that every area knows of a person. */
  readonly people: People;
  /** Frees the space of what has expired in every area; answers how much that was. */
  sweep(signal?: AbortSignal): Promise<Record<AreaName, number>>;
  readonly clock: () => number;
  readonly backups: Backups;
}

/** A job, before there are services that it works with. */
export interface JobPlan extends Pick<Job, "name" | "schedule" | "about" | "restMillis"> {
  /** True when there is nothing to do, which is known without a query. */
  isIdle?(services: AreaServices): boolean;
  /** As `Job.run`. */
  run(services: AreaServices, signal: AbortSignal): Promise<string | undefined>;
}

/** What routes and commands call. */
export interface DomainServices extends AreaServices {
  readonly keys: ApiKeys;
  readonly audit: Audit;
  readonly jobs: Jobs;
  readonly readiness: Readiness;
  /** Aborted when `close` is called. */
  readonly closing: AbortSignal;
  readonly storage: Storage;
  /** Ends what runs in the background. The database stays open. */
  close(): Promise<void>;
}

/** Creates every area over a database. */
export function createServices(
  database: Database,
  {
    conversations,
    diskReserveBytes,
    backups,
    calmPollMillis,
    jobs: plans,
    clock = Date.now,
    log,
    ...settings
  }: ServiceOptions,
): DomainServices {
  const poll = new Poll(calmPollMillis ?? (database.file === undefined ? CALM_MS.server : CALM_MS.file));
  const options: AreaOptions = { clock, log, poll };
  const areas = {
    channels: createChannelArea(database, { ...settings, ...options }),
    profiles: createProfileArea(database, { ...settings, ...options }),
    series: createSeriesArea(database, { ...settings, ...options }),
    sessions: createSessionArea(database, { ...settings, ...options }),
    conversations: createConversationArea(database, { ...conversations, ...options }),
  };
  const audit = new Audit(createAuditStore(database), clock);
  const services: AreaServices = {
    ...areas.channels.services,
    ...areas.profiles.services,
    ...areas.series.services,
    ...areas.sessions.services,
    ...areas.conversations.services,
    portable: {
      channels: areas.channels.portable,
      profiles: areas.profiles.portable,
      series: areas.series.portable,
      sessions: areas.sessions.portable,
      conversations: areas.conversations.portable,
    },
    people: new People(areas.profiles.services.profilesOfPeople, areas.sessions.services.sessions),
    async sweep(signal) {
      const freed = await sweepAll(areas, signal);
      await audit.sweep();
      return freed;
    },
    clock,
    backups: new Backups(database.file, backups, clock),
  };
  const jobs = new Jobs({
    store: createJobStore(database),
    jobs: plans.map((plan) => bind(plan, services)),
    changes: () => database.commits.changes,
    clock,
    log,
  });
  const closing = new AbortController();
  return {
    ...services,
    closing: closing.signal,
    keys: new ApiKeys(createKeyStore(database), poll, clock),
    audit,
    jobs,
    storage: new Storage(createStorageFigures(database)),
    readiness: new Readiness({ store: createHealthStore(database), jobs, diskReserveBytes, clock, log }),
    async close() {
      closing.abort();
      jobs.close();
      await Promise.all(Object.values(areas).map((area) => area.close()));
    },
  };
}

/** One area after the other. An area that fails does not keep the others from being swept. */
async function sweepAll(
  areas: Record<AreaName, Area<unknown>>,
  signal: AbortSignal | undefined,
): Promise<Record<AreaName, number>> {
  const freed = { channels: 0, profiles: 0, series: 0, sessions: 0, conversations: 0 };
  const failures: unknown[] = [];
  for (const [name, area] of Object.entries(areas) as [AreaName, Area<unknown>][]) {
    try {
      freed[name] = await area.sweep(signal);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
  return freed;
}

function bind({ run, isIdle, ...plan }: JobPlan, services: AreaServices): Job {
  return {
    ...plan,
    run: (signal) => run(services, signal),
    ...(isIdle !== undefined && { isIdle: () => isIdle(services) }),
  };
}

/** A database with its services. `await using` closes both. */
export interface Runnel extends AsyncDisposable {
  readonly database: Database;
  readonly services: DomainServices;
}

/** Opens and migrates the database, and creates the services over it. */
export async function openRunnel(
  options: ServiceOptions & { readonly database: DatabaseOptions },
): Promise<Runnel> {
  const database = await openDatabase(options.database);
  const lax = await laxFile(options.database);
  if (lax !== undefined) options.log(`${lax} can be read by others than its owner: chmod 600 ${lax}`);
  const services = createServices(database, options);
  // What cannot be compared, such as on a disk that is full, says so elsewhere.
  const progress = await watchProgress(database).catch(() => undefined);
  if (progress?.loss !== undefined) {
    options.log(progress.loss);
    await services.audit.record("start", "lose commits", progress.loss).catch(() => {});
  }
  return {
    database,
    services,
    async [Symbol.asyncDispose]() {
      await services.close();
      await progress?.close();
      await database.close();
    },
  };
}
