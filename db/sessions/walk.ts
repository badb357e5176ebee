/** How `runnel doctor` looks at sessions: the log, chunks of runs, their indexes, and sketches. */
import type { Walk } from "../operation/walk.ts";
import { chunkChecksum, entryChecksum, indexChecksum, sketchChecksum } from "./format/sums.ts";

const isSound = (data: unknown, stored: unknown, sumOf: (data: Uint8Array) => number): boolean =>
  stored === null || (data instanceof Uint8Array && sumOf(data) === stored);

export const LOG: Walk = {
  area: "sessions",
  about: "entries of the log",
  list: `SELECT number, length(data) FROM session_log WHERE number > ?1 ORDER BY number LIMIT ?2`,
  read: `SELECT number, data, checksum FROM session_log WHERE number IN (SELECT value FROM json_each(?1))`,
  nameOf: ([number]) => `entry ${number} of the log`,
  isSound: ([, data, stored]) => isSound(data, stored, entryChecksum),
};

export const CHUNKS: Walk = {
  area: "sessions",
  about: "chunks",
  list: `SELECT id, length(data) FROM session_chunk WHERE id > ?1 ORDER BY id LIMIT ?2`,
  read: `SELECT id, data, checksum FROM session_chunk WHERE id IN (SELECT value FROM json_each(?1))`,
  nameOf: ([id]) => `chunk ${id}`,
  isSound: ([id, data, stored]) => isSound(data, stored, (bytes) => chunkChecksum(id as number, bytes)),
};

export const SKETCHES: Walk = {
  area: "sessions",
  about: "sketches",
  list: `SELECT rowid, length(data) FROM session_sketch WHERE rowid > ?1 ORDER BY rowid LIMIT ?2`,
  read:
    `SELECT run, country, data, checksum FROM session_sketch WHERE rowid IN (SELECT value FROM json_each(?1))`,
  nameOf: ([run, country]) => `sketch of run ${run}, country "${country}"`,
  isSound: ([, country, data, stored]) =>
    isSound(data, stored, (bytes) => sketchChecksum(country as string, bytes)),
};

export const INDEXES: Walk = {
  area: "sessions",
  about: "indexes of runs",
  list: `SELECT id, length(fences) + ifnull(length(filter), 0) FROM session_run
    WHERE id > ?1 ORDER BY id LIMIT ?2`,
  read: `SELECT id, fences, filter, checksum FROM session_run WHERE id IN (SELECT value FROM json_each(?1))`,
  nameOf: ([run]) => `index of run ${run}`,
  isSound: ([run, fences, filter, stored]) =>
    stored === null ||
    indexChecksum({ id: run as number, fences: fences as string, filter: filter as Uint8Array | null }) ===
      stored,
};
