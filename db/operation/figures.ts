/** What the storage does at the moment, for those who watch it. */
import type { Database } from "../open.ts";

// The furthest behind come first, so that few names tell enough.
const SELECT_LAG = `SELECT c.name, s.name, max(0, (c.last_key >> 16) - (s.next_key >> 16)) AS lag
  FROM consumer s JOIN channel c ON c.id = s.channel ORDER BY lag DESC LIMIT ?1`;

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
    /** Since the start: transactions, what they held, and how long they took. */
    commits: () => commits.figures,
    /** Writes that wait for a commit. */
    waiting: () => commits.waiting,
    /** Bytes of the file and of the log beside it; 0 where there is none. */
    async bytes(): Promise<{ readonly file: number; readonly log: number }> {
      const sizeOf = (path: string) => Deno.stat(path).then(({ size }) => size, () => 0);
      if (file === undefined) return { file: 0, log: 0 };
      return { file: await sizeOf(file), log: await sizeOf(`${file}-wal`) };
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
