/** Saving: optimistic, so that several processes may save to one series, and one of the serial outcomes remains. */
import { type ChangeKind, type ChunkContent, newBatch } from "../../../db/series/changes.ts";
import type { SeriesRow, SeriesStore } from "../../../db/series/chunks.ts";
import { quote, RunnelError } from "../../errors.ts";
import { CatalogueChange, type StoredColumn } from "../chunks/catalogue.ts";
import { cutChunks, decodeChunk } from "../chunks/chunk.ts";
import { clearCells, dropColumns } from "../frame/clear.ts";
import {
  concatFrames,
  type DataFrame,
  firstRowFrom,
  rangeOf,
  selectColumns,
  sliceFrame,
} from "../frame/frame.ts";
import { formatStamp } from "../frame/stamps.ts";
import {
  checkColumns,
  isSmall,
  kindAfter,
  mergeChunk,
  neededBodies,
  planReplace,
  type Rewrite,
  rowsByChunk,
  type SeriesState,
  type Window,
} from "./rewrite.ts";
import type { PackedFrame } from "./packing.ts";
import { Staging } from "./staging.ts";

/** Chunks of a merge that are in memory at a time. */
const MERGED_CHUNKS = 64;
/** How often a save is tried again because another process saved first. */
const MAX_ATTEMPTS = 200;
const MAX_PAUSE_MS = 20;

/** What identifies a series. */
export interface SeriesName {
  readonly reference: string;
  readonly symbol: string;
}

/** Throws RunnelError unless the revision of the series is one that may be changed; 0: there is no series. */
export type Precondition = (revision: number) => void;

/** One save, from its frame to the commit. */
export class Saving {
  readonly #staging: Staging;

  constructor(
    readonly store: SeriesStore,
    readonly name: SeriesName,
    readonly precondition: Precondition = () => {},
  ) {
    this.#staging = new Staging(store, newBatch());
  }

  /**
   * Adds rows after the last one of the series, or where duplicates are kept, at its stamp. Any that would not come after
   * it: `series-overlap`.
   */
  async append(window: Window, update: DataFrame, packed?: PackedFrame): Promise<void> {
    await this.#replace(window, update, packed, (series) => {
      this.#checkAfter(series, window.first, update.aware);
      return { ...window, keepsFirst: series.last === window.first };
    });
  }

  /** Puts `update` in place of what the window has; `packed`: its chunks, if they are there. */
  async replace(window: Window, update: DataFrame, packed?: PackedFrame): Promise<void> {
    await this.#replace(window, update, packed);
  }

  /** Removes the rows of the window; answers how many. */
  remove(window: Window): Promise<number> {
    return this.#replace(window, undefined);
  }

  /** Answers how many rows went; an `update` of undefined puts nothing in their place. */
  async #replace(
    asked: Window,
    update: DataFrame | undefined,
    packed?: PackedFrame,
    windowFor: (series: SeriesRow) => Window = () => asked,
  ): Promise<number> {
    let removed = 0;
    await this.#attempt(asked, update !== undefined, async (state, series) => {
      const window = windowFor(series);
      const needed = neededBodies(state, window);
      const bodies = await this.store.bodiesOf(needed);
      if (bodies.size < needed.length) return false;
      const plan = planReplace(state, window, update, bodies);
      removed = rowsOf(plan.replaced) - plan.left.stamps.length - plan.right.stamps.length;
      if (update === undefined && removed === 0) return true;
      let chunks: ChunkContent[], staged = 0;
      if (update === undefined || isSmall(update)) chunks = joined(plan, update);
      else {
        // Rows that share the last stamp of the series go into its chunk.
        const from = window.keepsFirst ? firstRowFrom(update.stamps, window.first + 1n) : 0;
        const left = from > 0 ? concatFrames([plan.left, sliceFrame(update, 0, from)]) : plan.left;
        chunks = [...cutChunks(left, plan.columns), ...cutChunks(plan.right, plan.columns)];
        staged = update.stamps.length - from;
        const rest = sliceFrame(update, from, update.stamps.length);
        await this.#staging.addWhole(series.id, rest, plan.columns, from === 0 ? packed : undefined);
      }
      const isAfter = update !== undefined && (series.last === null || window.first > series.last);
      const kind = update === undefined ? "remove" : isAfter || window.keepsFirst ? "append" : "save";
      return this.#commit(kind, series, { ...plan, grows: isAfter }, chunks, staged);
    });
    return removed;
  }

  /** Removes columns. Unknown ones: RunnelError. Answers how many rows had them. */
  drop(window: Window, names: readonly string[]): Promise<number> {
    return this.#edit(window, names, (base) => base.filter(({ name }) => !names.includes(name)), dropColumns);
  }

  /** Makes the cells of those columns null in the rows of the window. Unknown columns: RunnelError. Answers how many rows. */
  clear(window: Window, names: readonly string[]): Promise<number> {
    const clear = (frame: DataFrame) => clearCells(frame, names, window.first, window.last);
    return this.#edit(window, names, (base) => base, clear);
  }

  /** Rewrites the chunks that overlap the window. */
  async #edit(
    window: Window,
    names: readonly string[],
    columnsFrom: (base: readonly StoredColumn[]) => readonly StoredColumn[],
    edit: (frame: DataFrame, names: readonly string[]) => DataFrame,
  ): Promise<number> {
    let rows = 0;
    await this.#attempt(window, false, async (state, series) => {
      await this.#staging.discard();
      rows = 0;
      selectColumns(series.columns, names);
      const touched = state.chunks.filter(({ first, last }) => last >= window.first && first <= window.last);
      const change = new CatalogueChange(columnsFrom(series.columns));
      if (series.rows > rowsOf(touched)) change.keepRest();
      const places = [...series.columns.keys()];
      for (let from = 0; from < touched.length; from += MERGED_CHUNKS) {
        const some = touched.slice(from, from + MERGED_CHUNKS);
        const bodies = await this.store.bodiesOf(some.map(({ id }) => id));
        if (bodies.size < some.length) return false;
        for (const { id } of some) {
          const frame = decodeChunk(bodies.get(id)!, series.aware, series.columns, places);
          const edited = edit(frame, names);
          rows += rangeOf(frame, window.first, window.last).stamps.length;
          change.add(edited);
          await this.#staging.add(series.id, edited, change.finish());
        }
      }
      if (rows === 0) {
        await this.#staging.discard();
        return true;
      }
      await this.#staging.flush(series.id);
      const plan = { replaced: touched, kind: series, columns: change.finish() };
      return this.#commit("remove", series, plan, [], rowsOf(touched));
    });
    return rows;
  }

  #checkAfter({ last, keepsDuplicates }: SeriesRow, first: bigint, aware: boolean): void {
    if (last === null || first > last || (first === last && keepsDuplicates)) return;
    throw new RunnelError(
      "series-overlap",
      `the first row, ${formatStamp(first, aware)}, does not come after the last one of ${
        quote(this.name.symbol)
      }, ${formatStamp(last, aware)}`,
    );
  }

  /** Updates the cells that `update` has, and adds its rows. */
  async merge(window: Window, update: DataFrame): Promise<void> {
    await this.#attempt(window, true, async (state, series) => {
      await this.#staging.discard();
      const kind = kindAfter(series, update);
      const change = new CatalogueChange(series.columns);
      const parts = [...rowsByChunk(chunksFor(state, window), update)];
      const touched = parts.map(({ chunk }) => chunk);
      if (series.rows > rowsOf(touched)) change.keepRest();
      let rows = 0;
      const add = async (frame: DataFrame) => {
        change.add(frame);
        rows += frame.stamps.length;
        await this.#staging.add(series.id, frame, checkColumns(change.finish()));
      };
      for (let from = 0; from < parts.length; from += MERGED_CHUNKS) {
        const some = parts.slice(from, from + MERGED_CHUNKS);
        const bodies = await this.store.bodiesOf(some.map(({ chunk }) => chunk.id));
        if (bodies.size < some.length) return false;
        // One chunk after the other, so that others have a turn between them.
        for (const part of some) await add(mergeChunk(series, bodies.get(part.chunk.id)!, part.update));
      }
      if (parts.length === 0) await add(update);
      await this.#staging.flush(series.id);
      const plan = { replaced: touched, kind, columns: change.finish() };
      return this.#commit("merge", series, plan, [], rows);
    });
  }

  async #attempt(
    { first, last }: Window,
    creates: boolean,
    change: (state: SeriesState, series: SeriesRow) => Promise<boolean>,
  ): Promise<void> {
    const { reference, symbol } = this.name;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const state = await this.store.window(reference, symbol, first, last);
        // A series that is deleted has a revision, too, but no rows.
        this.precondition(state.series?.rows ? state.series.revision : 0);
        if (state.series !== undefined) {
          if (await change(state, state.series)) return;
        } else if (creates) {
          await this.store.create(reference, symbol);
          continue;
        } else return;
        await new Promise((resolve) =>
          setTimeout(resolve, Math.random() * Math.min(attempt + 1, MAX_PAUSE_MS))
        );
      }
    } catch (error) {
      await this.#staging.discard();
      throw error;
    }
    await this.#staging.discard();
    throw new RunnelError("overloaded", "others keep saving to this series: try again");
  }

  async #commit(
    kind: ChangeKind,
    series: SeriesRow,
    plan: Pick<Rewrite, "replaced" | "kind" | "columns"> & { readonly grows?: boolean },
    chunks: readonly ChunkContent[],
    stagedRows: number,
  ): Promise<boolean> {
    const added = rowsOf(chunks) + stagedRows;
    const keepsColumns = plan.kind.aware === series.aware && sameColumns(plan.columns, series.columns);
    const [last, ...others] = plan.replaced;
    // An earlier revision ends with its last stamp, so that a chunk cannot grow by rows of that stamp.
    const grows = plan.grows && others.length === 0 && keepsColumns;
    return await this.store.commit({
      kind,
      grows: grows ? last?.id : undefined,
      series: series.id,
      revision: series.revision,
      batch: this.#staging.batch,
      aware: plan.kind.aware,
      zone: plan.kind.zone,
      labels: plan.kind.labels,
      columns: plan.columns,
      addedRows: added - rowsOf(plan.replaced),
      replaced: plan.replaced.map(({ id }) => id),
      staged: this.#staging.count,
      chunks,
    });
  }
}

function sameColumns(one: readonly StoredColumn[], other: readonly StoredColumn[]): boolean {
  return one.length === other.length &&
    one.every(({ name, type }, place) => other[place]!.name === name && other[place]!.type === type);
}

function rowsOf(chunks: readonly { readonly rows: number }[]): number {
  return chunks.reduce((sum, { rows }) => sum + rows, 0);
}

function joined({ left, right, columns }: Rewrite, update: DataFrame | undefined): ChunkContent[] {
  const frames = update === undefined ? [left, right] : [left, update, right];
  return [...cutChunks(concatFrames(frames), columns)];
}

/** What the window overlaps, or else the chunk before it, or after it: rows between chunks join their neighbour. */
function chunksFor({ chunks }: SeriesState, { first }: Window) {
  const from = chunks.findLastIndex((chunk) => chunk.first <= first);
  return chunks.slice(Math.max(from, 0));
}
