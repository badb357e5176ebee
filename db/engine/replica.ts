/**
 * The replica engine: reads are answered from a local copy of a libSQL server's database, writes go to that server, the
 * primary. A write resolves when the copy has it, so that this process reads what it wrote. What others write arrives
 * within the driver's period of synchronisation; while the primary is away, reading goes on.
 */
import type { Engine } from "./engine.ts";
import { makeFolderOf } from "./embedded.ts";
import { openServer } from "./server.ts";
import { WorkerConnection } from "./connection.ts";

/** Opens the local copy at `path` (made when absent) of the database at `url`. */
export async function openReplica(path: string, url: string, authToken?: string): Promise<Engine> {
  await makeFolderOf(path);
  const sync = authToken === undefined ? { url } : { url, authToken };
  const copy = await WorkerConnection.open({ path, role: "replica", sync });
  const primary = openServer(url, authToken);
  return {
    read: (statements) => copy.run(statements),
    async write(statements) {
      const results = await primary.write(statements);
      await copy.sync();
      return results;
    },
    async close() {
      await copy.close();
      await primary.close();
    },
  };
}
