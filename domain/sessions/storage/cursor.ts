/** Reading several runs as one, entry by entry, in their order. */
import { Chunk } from "../../../db/sessions/format/chunk.ts";
import { chunkId, type RunStore } from "../../../db/sessions/run_store.ts";
import type { Order, Places } from "./runs.ts";

/** Chunks of a run that are read at a time, at most. */
const MOST_AT_ONCE = 8;

/** A chunk that should be there is not: the run was merged, and its chunks are gone. */
export class RunGone extends Error {
  override readonly name = "RunGone";
}

/** Whether an entry lies in what is read: below 0, not yet; above 0, not any more. */
export type Within = (chunk: Chunk, i: number) => number;

/** A place in a run that moves on, upwards or downwards. */
export class Cursor {
  chunk: Chunk | undefined;
  i = 0;
  hasEnded = false;
  /** Whether its chunks must be read; not yet where nothing in it can come before what others have. */
  isNeeded: boolean;
  readonly #ids: number[];
  readonly #read: (Chunk | undefined)[] = [];
  #atOnce = 1;

  /** `latest`: no start in it is later; only where it is read downwards, from the latest start. */
  constructor(
    run: number,
    { from, to }: Places,
    readonly step: 1 | -1,
    readonly within: Within,
    readonly latest = Infinity,
  ) {
    this.isNeeded = latest === Infinity;
    this.#ids = Array.from({ length: Math.max(0, to - from) }, (_, i) => chunkId(run, from + i));
    if (step === -1) this.#ids.reverse();
  }

  /** Over a chunk in memory. */
  static over(chunk: Chunk, step: 1 | -1, within: Within): Cursor {
    const cursor = new Cursor(0, { from: 0, to: 0 }, step, within);
    cursor.#read.push(chunk);
    return cursor;
  }

  /** Chunks that should be read next. */
  wanted(): readonly number[] {
    if (!this.isNeeded || this.#read.length > 0 || this.chunk !== undefined || this.hasEnded) return [];
    const wanted = this.#ids.splice(0, this.#atOnce);
    this.#atOnce = Math.min(MOST_AT_ONCE, this.#atOnce * 2);
    return wanted;
  }

  take(ids: readonly number[], chunks: ReadonlyMap<number, Uint8Array>): void {
    for (const id of ids) {
      const bytes = chunks.get(id);
      if (bytes === undefined) throw new RunGone(`chunk ${id} is gone`);
      this.#read.push(Chunk.of(bytes));
    }
  }

  /** Goes to the next chunk that was read. */
  open(): void {
    while (this.chunk === undefined && !this.hasEnded) {
      const chunk = this.#read.shift();
      if (chunk === undefined) {
        this.hasEnded = this.#ids.length === 0;
        return;
      }
      this.chunk = chunk;
      this.i = this.step === 1 ? 0 : chunk.count - 1;
      this.#settle();
    }
  }

  move(): void {
    this.i += this.step;
    this.#settle();
  }

  /** Skips what is not within. */
  #settle(): void {
    const chunk = this.chunk!;
    for (; this.i >= 0 && this.i < chunk.count; this.i += this.step) {
      const within = this.within(chunk, this.i);
      if (within === 0) return;
      if (within > 0) {
        this.hasEnded = true;
        break;
      }
    }
    this.chunk = undefined;
  }
}

/** Several cursors as one. Of equal entries the first cursor's counts, so the newest run comes first. */
export class MergedCursor {
  /** Cursors at an entry, by their numbers, in the order of their entries: only one that moves finds its place again. */
  readonly #ready: number[] = [];
  /** Cursors whose next entry is not known yet. */
  readonly #away: number[];
  /** Those of `#ready` whose entries were answered last: they move before the next answer. */
  #answered = 0;

  constructor(
    readonly store: Pick<RunStore, "chunks">,
    readonly cursors: readonly Cursor[],
    readonly order: Order,
  ) {
    this.#away = [...cursors.keys()];
  }

  get chunk(): Chunk {
    return this.#first.chunk!;
  }

  get i(): number {
    return this.#first.i;
  }

  /** Goes to the next entry; false where chunks must be read first, or there is none. */
  next(): boolean {
    for (; this.#answered > 0; this.#answered--) {
      const number = this.#ready.shift()!;
      this.cursors[number]!.move();
      this.#away.push(number);
    }
    if (!this.#place() || this.#needsMore() || this.#ready.length === 0) return false;
    const [first] = this.#ready;
    do this.#answered++; while (
      this.#answered < this.#ready.length && this.#compare(first!, this.#ready[this.#answered]!) === 0
    );
    return true;
  }

  get #first(): Cursor {
    return this.cursors[this.#ready[0]!]!;
  }

  /** Puts cursors where their entries belong; false where one must be read before that. */
  #place(): boolean {
    for (let k = this.#away.length - 1; k >= 0; k--) {
      const number = this.#away[k]!, cursor = this.cursors[number]!;
      if (cursor.chunk === undefined) cursor.open();
      if (cursor.chunk === undefined && !cursor.hasEnded) {
        if (cursor.isNeeded) return false;
        continue;
      }
      this.#away.splice(k, 1);
      if (!cursor.hasEnded) this.#insert(number);
    }
    return true;
  }

  #insert(number: number): void {
    let at = 0;
    while (at < this.#ready.length) {
      const other = this.#ready[at]!, side = this.#compare(number, other);
      if (side < 0 || (side === 0 && number < other)) break;
      at++;
    }
    this.#ready.splice(at, 0, number);
  }

  #compare(number: number, other: number): number {
    const a = this.cursors[number]!, b = this.cursors[other]!;
    return a.step * this.order.compare(a.chunk!, a.i, b.chunk!, b.i);
  }

  /** Whether a cursor that is not read yet may have something that comes first. */
  #needsMore(): boolean {
    if (this.#away.length === 0) return false;
    const unread = this.#away.map((number) => this.cursors[number]!);
    const reached = this.#ready.length === 0
      ? unread.reduce((most, { latest }) => Math.max(most, latest), -Infinity)
      : this.chunk.starts[this.i]!;
    const needed = unread.filter(({ latest }) => latest >= reached);
    for (const cursor of needed) cursor.isNeeded = true;
    return needed.length > 0;
  }

  /** Reads what is needed to go on; false at the end. A run that was merged away: `RunGone`. */
  async load(): Promise<boolean> {
    const wanted = this.cursors.map((cursor) => cursor.wanted());
    const ids = wanted.flat();
    if (ids.length > 0) {
      const chunks = await this.store.chunks(ids);
      for (const [i, cursor] of this.cursors.entries()) cursor.take(wanted[i]!, chunks);
    }
    for (const cursor of this.cursors) cursor.open();
    return this.cursors.some(({ hasEnded }) => !hasEnded);
  }
}

/** Sessions in a page: few at first, because many ask for the first ones alone. */
const FIRST_PAGE = 16, PAGE = 512;

/**
 * What a cursor passes of what was received since then, page by page; a page at the latest where it must read on. `take`
 * makes what pages have.
 */
export async function* visiblePages<Taken>(
  merged: MergedCursor,
  firstVisible: number,
  take: (chunk: Chunk, i: number) => Taken,
): AsyncGenerator<Taken[]> {
  let size = FIRST_PAGE;
  while (await merged.load()) {
    let page: Taken[] = [];
    while (merged.next()) {
      const { chunk, i } = merged;
      if (chunk.received[i]! >= firstVisible) page.push(take(chunk, i));
      if (page.length < size) continue;
      yield page;
      page = [];
      size = Math.min(PAGE, size * 2);
    }
    if (page.length > 0) yield page;
  }
}
