/** Backups: files of their own, each a whole database, written on a schedule and kept for a while. */
import { copyDatabase, CopyError } from "../../db/operation/copies.ts";
import { iso } from "../time.ts";

const BACKUP = /^runnel-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.db$/;
const UNFINISHED = /^runnel-.*\.db\.part(-journal)?$/;

/** Where backups go, and how many. */
export interface BackupPlan {
  readonly folder: string;
  /** Milliseconds from one to the next. */
  readonly everyMillis: number;
  /** How many are kept: the newest. */
  readonly keep: number;
}

/** The backups of a database. */
export class Backups {
  constructor(
    /** The database file; undefined where the data is on a server. */
    readonly file: string | undefined,
    readonly plan: BackupPlan | undefined,
    readonly clock: () => number,
  ) {}

  /** Whether it is time for the next one. */
  get isDue(): boolean {
    if (this.plan === undefined || this.file === undefined) return false;
    const newest = this.#names(this.plan.folder).at(-1);
    return newest === undefined || this.clock() - timeOf(newest) >= this.plan.everyMillis;
  }

  /** Writes one and removes the oldest beyond `keep`; answers its name and size. */
  async write(): Promise<string> {
    if (this.plan === undefined) throw new CopyError("BACKUP_DIR is not set");
    if (this.file === undefined) throw new CopyError("a libSQL server makes its own backups");
    const { folder, keep } = this.plan;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { name } of Deno.readDirSync(folder)) {
      if (UNFINISHED.test(name)) await Deno.remove(`${folder}/${name}`);
    }
    const name = nameOf(this.clock());
    const bytes = await copyDatabase(this.file, `${folder}/${name}`);
    for (const old of this.#names(folder).slice(0, -keep)) await Deno.remove(`${folder}/${old}`);
    return `${name}, ${bytes} bytes`;
  }

  /** The backups that are there, the newest first. */
  async list(): Promise<{ readonly name: string; readonly time: number; readonly bytes: number }[]> {
    if (this.plan === undefined) return [];
    const { folder } = this.plan;
    const found = await Promise.all(
      this.#names(folder).map(async (name) => ({
        name,
        time: timeOf(name),
        // One that was removed since is none.
        bytes: await Deno.stat(`${folder}/${name}`).then(({ size }) => size, () => undefined),
      })),
    );
    return found.filter((backup) => backup.bytes !== undefined).reverse() as {
      name: string;
      time: number;
      bytes: number;
    }[];
  }

  /** Names of the backups that are there, the oldest first. */
  #names(folder: string): string[] {
    try {
      return Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) => BACKUP.test(name))
        .sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

function nameOf(millis: number): string {
  return `runnel-${iso(millis).slice(0, 19).replaceAll(":", "-")}Z.db`;
}

function timeOf(name: string): number {
  const [, day, hour, minute, second] = /^runnel-(.{10})T(..)-(..)-(..)Z/.exec(name)!;
  return Date.parse(`${day}T${hour}:${minute}:${second}Z`);
}
