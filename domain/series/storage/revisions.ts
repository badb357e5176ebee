/** Revisions of series: which there are, what a series was at one, and making it so again. */
import type { SeriesRow, SeriesStore } from "../../../db/series/chunks.ts";
import type { RevisionRow, SeriesRevisions } from "../../../db/series/revisions.ts";
import { quote, RunnelError } from "../../errors.ts";
import { cutChunks, decodeChunk } from "../chunks/chunk.ts";
import { rangeOf } from "../frame/frame.ts";
import { MIN_STAMP } from "../frame/stamps.ts";
import { inPages } from "./pages.ts";
import type { SeriesName } from "./save.ts";

export { CHANGES } from "../../../db/series/changes.ts";
export type { RevisionRow } from "../../../db/series/revisions.ts";

/** A revision by its number, or the one that was the newest at a time, in milliseconds since the epoch. */
export type Version = { readonly revision: number } | { readonly time: number };

const MAX_ATTEMPTS = 50;

/** The revisions of all series. */
export class Revisions {
  constructor(readonly store: SeriesStore, readonly revisions: SeriesRevisions) {}

  /**
   * The series as it was; `past`: it is another by now. Never known: `series-not-found` or `revision-not-found`. No
   * longer kept: `revision-gone`.
   */
  async find(
    name: SeriesName,
    version: Version,
  ): Promise<{ newest: SeriesRow; series: SeriesRow; past: boolean }> {
    const { reference, symbol } = name;
    const { newest, past } = "revision" in version
      ? await this.revisions.byRevision(reference, symbol, version.revision)
      : await this.revisions.byTime(reference, symbol, version.time);
    if (newest === undefined || newest.revision === 0) throw notFound(name);
    const isNewest = "revision" in version
      ? version.revision === newest.revision
      : version.time >= newest.changedAt;
    if (isNewest) return { newest, series: newest, past: false };
    if (past !== undefined) return { newest, series: past, past: true };
    if (!("revision" in version)) throw gone(`what ${quote(symbol)} was then`);
    const { revision } = version;
    if (revision < newest.revision) throw gone(`revision ${revision} of ${quote(symbol)}`);
    throw new RunnelError(
      "revision-not-found",
      `${quote(symbol)} has no revision ${revision}: the newest is ${newest.revision}`,
    );
  }

  /** The revisions that are kept, the newest first. Unknown series: `series-not-found`. */
  async list(name: SeriesName): Promise<AsyncGenerator<RevisionRow>> {
    const { reference, symbol } = name;
    const newest = await this.store.find(reference, symbol);
    if (newest === undefined || newest.revision === 0) throw notFound(name);
    return this.#from(name, newest);
  }

  async *#from({ reference, symbol }: SeriesName, newest: SeriesRow): AsyncGenerator<RevisionRow> {
    yield newest;
    const read = (before: number, limit: number) => this.revisions.list(reference, symbol, before, limit);
    yield* inPages(read, newest.revision, ({ revision }) => revision);
  }

  /** Makes the series what it was at a revision, which is a new revision; answers it. Refuses as `find` does. */
  async restore(name: SeriesName, revision: number): Promise<RevisionRow> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { newest, series, past } = await this.find(name, { revision });
      if (!past) return newest;
      const cut = await this.#cut(series);
      if (cut === undefined || !await this.revisions.restore(newest, series, cut)) continue;
      const restored = newest.revision + 1;
      return (await this.find(name, { revision: restored })).series;
    }
    throw new RunnelError("overloaded", "others keep saving to this series: try again");
  }

  /** The last chunk of a revision as it was, if it has grown since; undefined: something changed during the look. */
  async #cut({ id, revision, aware, columns, last }: SeriesRow) {
    if (last === null) return [];
    const range = { series: id, revision, past: true, from: last, to: last, limit: 1 };
    const { chunks, isWhole } = await this.store.bodies(range);
    if (!isWhole) return undefined;
    const grown = chunks.filter((chunk) => chunk.last > last);
    return grown.flatMap((
      { bytes },
    ) => [
      ...cutChunks(
        rangeOf(decodeChunk(bytes, aware, columns, [...columns.keys()]), MIN_STAMP, last),
        columns,
      ),
    ]);
  }
}

function notFound({ reference, symbol }: SeriesName): RunnelError {
  return new RunnelError("series-not-found", `there is no series ${quote(symbol)} in ${quote(reference)}`);
}

function gone(what: string): RunnelError {
  return new RunnelError("revision-gone", `${what} is no longer kept`);
}
