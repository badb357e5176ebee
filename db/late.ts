/** A database server that is away when this process starts: the process serves, refuses what needs it, and goes on by itself. */
import { type Engine, EngineError } from "./engine/engine.ts";
import { migrate } from "./migrate.ts";

/**
 * The migrated engine. A server that does not answer is told to `onAway`, and is migrated by the first call that
 * reaches it; until then every call fails with `unavailable`.
 */
export async function migrated(engine: Engine, onAway: (why: string) => void): Promise<Engine> {
  try {
    await migrate(engine);
    return engine;
  } catch (error) {
    if (!(error instanceof EngineError && error.failure === "unavailable")) throw error;
    onAway(error.message);
    return migratedLater(engine);
  }
}

function migratedLater(engine: Engine): Engine {
  let isReady = false, migrating: Promise<void> | undefined;
  const ready = async () => {
    try {
      await (migrating ??= migrate(engine));
      isReady = true;
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw new EngineError("unavailable", String(error), { cause: error });
    } finally {
      migrating = undefined;
    }
  };
  return {
    async read(statements) {
      if (!isReady) await ready();
      return await engine.read(statements);
    },
    async scan(statements) {
      if (!isReady) await ready();
      return await engine.scan(statements);
    },
    async write(statements, options) {
      if (!isReady) await ready();
      return await engine.write(statements, options);
    },
    close: () => engine.close(),
  };
}
