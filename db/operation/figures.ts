/** What the storage does at the moment, for those who watch it. */
import type { Database } from "../open.ts";

// The furthest behind come first, so that few names tell enough.
const SELECT_LAG = `SELECT c.name, s.name, max(0, (c.last_key >> 16) - (s.next_key >> 16)) AS lag
  FROM consumer s JOIN channel c ON c.id = s.channel ORDER BY lag DESC LIMIT ?1`;

// Each index counts for its table.
const SELECT_SIZES = `SELECT coalesce(s.tbl_name, d.name), sum(d.pgsize)
  FROM dbstat d LEFT JOIN sqlite_schema s ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY 1`;
const SELECT_FREE = `SELECT f.freelist_count * p.page_size FROM pragma_freelist_count f, pragma_page_size p`;

/** How far a consumer is behind the newest item of its channel. */
export interface Lag {
  readonly channel: string;
  readonly consumer: string;
  readonly millis: number;
}

/** The figures, bound to a database. */
export type StorageFigures = ReturnType<typeof createStorageFigures>;

export function createStorageFigures({ commits, scan, file }: Database) {
  return {
    /** Since the start: how long each transaction took, fsync included, and the writes in all of them. */
    commits: () => commits.figures,
    /** Writes that wait for a commit. */
    waiting: () => commits.waiting,
    /** Bytes of the file and of the log beside it; 0 where there is none. */
    async bytes(): Promise<{ readonly file: number; readonly log: number }> {
      const sizeOf = (path: string) => Deno.stat(path).then(({ size }) => size, () => 0);
      if (file === undefined) return { file: 0, log: 0 };
      return { file: await sizeOf(file), log: await sizeOf(`${file}-wal`) };
    },
    /** Bytes of each table with its indexes, and of free pages; undefined where there is no file. Reads all pages. */
    async tables(): Promise<
      { readonly sizes: ReadonlyMap<string, number>; readonly free: number } | undefined
    > {
      if (file === undefined) return undefined;
      const [sizes, [free]] = await Promise.all([scan(SELECT_SIZES), scan(SELECT_FREE)]);
      return {
        sizes: new Map(sizes.map(([name, bytes]) => [name as string, Number(bytes)])),
        free: Number(free?.[0] ?? 0),
      };
    },
    /** The consumers that are furthest behind. */
    async lags(limit: number): Promise<Lag[]> {
      return (await scan(SELECT_LAG, limit)).map(([channel, consumer, millis]) => ({
        channel: channel as string,
        consumer: consumer as string,
        millis: Number(millis),
      }));
    },
  };
}
