/** Reads of a database that is far away: what is asked for in one turn of the event loop shares a round trip. */
import { setImmediate } from "node:timers";
import { type Engine, EngineError, type Result, type Statement } from "../engine.ts";

interface Waiting {
  readonly statements: readonly Statement[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The same engine; its reads of one turn are one call, so one round trip and one snapshot. */
export function joiningReads(engine: Engine): Engine {
  let waiting: Waiting[] = [];
  const readAlone = ({ statements, resolve, reject }: Waiting) =>
    engine.read(statements).then(resolve, reject);
  const readAll = async () => {
    const calls = waiting;
    waiting = [];
    if (calls.length === 1) return readAlone(calls[0]!);
    try {
      const results = await engine.read(calls.flatMap(({ statements }) => statements));
      let from = 0;
      for (const { statements, resolve } of calls) resolve(results.slice(from, from += statements.length));
    } catch (error) {
      // One of them may be why: too many bytes together, or a statement that fails.
      const isShared = error instanceof EngineError && ["busy", "unavailable"].includes(error.failure);
      for (const call of calls) isShared ? call.reject(error) : readAlone(call);
    }
  };
  return {
    read(statements) {
      // Two turns: a lookup (batcher.ts) gathers its callers for one before it reads.
      if (waiting.length === 0) setImmediate(() => setImmediate(readAll));
      return new Promise((resolve, reject) => waiting.push({ statements, resolve, reject }));
    },
    scan: (statements) => engine.scan(statements),
    write: (statements, options) => engine.write(statements, options),
    async close() {
      while (waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
      await engine.close();
    },
  };
}
