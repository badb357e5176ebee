/** How the process is set up and how it does, for administrators. */
import {
  BackupList,
  Configuration,
  FaultList,
  Figures,
  FiguresQuery,
  StorageAnswer,
  StorageQuery,
} from "../../api/operation.ts";
import { HOUR_MS, iso } from "../../domain/time.ts";
import { json } from "../respond.ts";
import { baseOf, type Call, type RouteReference } from "../route.ts";
import { SAMPLE_MS } from "./history.ts";

export const CONFIGURATION: RouteReference = {
  summary: "The settings of this process",
  description: "Values that are secrets, or may hold one, are left out.",
  answers: { 200: { description: "The settings.", schema: Configuration } },
};
export const STORAGE: RouteReference<typeof StorageQuery> = {
  summary: "What the data takes on the disk",
  query: StorageQuery,
  answers: { 200: { description: "Bytes.", schema: StorageAnswer } },
};
export const BACKUPS: RouteReference = {
  summary: "The backups in BACKUP_DIR",
  description: "The newest first. `POST /jobs/backup/run` writes one.",
  answers: { 200: { description: "The backups.", schema: BackupList } },
};
export const FAULTS: RouteReference = {
  summary: "The last answers that were this process's fault",
  description: "At most a hundred since its start, the newest first, with the ids of their requests.",
  answers: { 200: { description: "The faults.", schema: FaultList } },
};
export const FIGURES: RouteReference<typeof FiguresQuery> = {
  summary: "What this process did in the last day",
  description: "Sampled every ten seconds and kept in memory: a restart begins with none.",
  query: FiguresQuery,
  answers: { 200: { description: "A point for each stretch of time, in order.", schema: Figures } },
};

export function showConfiguration({ services }: Call): Response {
  return json({ settings: services.configuration });
}

export async function showStorage({ query, services }: Call<typeof StorageQuery>): Promise<Response> {
  const { storage } = services, bytes = await storage.bytes();
  const areas = query.areas ? await storage.byArea() : undefined;
  return json({ ...bytes, ...(areas !== undefined && { areas }) });
}

export async function listBackups({ services: { backups } }: Call): Promise<Response> {
  const { plan } = backups;
  const list = await backups.list();
  return json({
    ...(plan !== undefined && { plan }),
    backups: list.map(({ time, ...rest }) => ({ ...rest, time: iso(time) })),
  });
}

export function listFaults({ services }: Call): Response {
  return json({ faults: services.faults.list().map((fault) => ({ ...fault, time: iso(fault.time) })) });
}

export async function showFigures(call: Call<typeof FiguresQuery>): Promise<Response> {
  const { query, services: { history, sample, clock } } = call;
  const last = query.last ?? HOUR_MS, every = Math.max(SAMPLE_MS, query.every ?? 60_000);
  await sample();
  return json({
    everyMillis: every,
    points: history.stretches(clock() - last, every).map((point) => ({ ...point, time: iso(point.time) })),
    _links: { self: { href: `${baseOf(call)}/figures` } },
  });
}
