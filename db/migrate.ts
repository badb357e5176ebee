/** Brings the schema of a database up to this program's, step by step, and records the steps in the database. */
import { type Engine, EngineError, type Statement } from "./engine/engine.ts";
import { type Migration, MIGRATIONS, SELECT_SCHEMA_VERSION } from "./migrations/mod.ts";

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS schema_migration (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT`;
/** How long a step waits while another process writes, or migrates as well. */
const PATIENCE_MS = 30_000;
const INSERT_VERSION = `INSERT INTO schema_migration VALUES (?1, ?2, ?3)`;

/** The database was written by a newer Runnel; this one must not touch it. */
export class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";
}

/**
 * Applies what is missing, one transaction a step. Processes that start together agree: the first to record a step
 * has applied it, the others go on from there.
 */
export async function migrate(
  engine: Engine,
  migrations: readonly Migration[] = MIGRATIONS,
  now: number = Date.now(),
): Promise<void> {
  const known = migrations.at(-1)?.version ?? 0;
  // Most starts only read: one round trip, and a replica needs no primary for it.
  let version = await currentVersion(engine).catch(async (error) => {
    if (!/no such table/.test(error.message)) throw error;
    await writePatiently(engine, [{ sql: CREATE_TABLE, args: [] }]);
    return await currentVersion(engine);
  });
  while (version < known) {
    const next = migrations.find((migration) => migration.version === version + 1)!;
    try {
      await writePatiently(engine, [
        { sql: INSERT_VERSION, args: [next.version, next.name, now] },
        ...next.statements.map((sql) => ({ sql, args: [] })),
      ]);
    } catch (error) {
      if (!(error instanceof EngineError && error.failure === "constraint")) throw error;
      if (await currentVersion(engine) === version) throw error;
    }
    version = await currentVersion(engine);
  }
  if (version > known) {
    throw new NewerDatabaseError(
      `the database has schema version ${version}, this Runnel knows versions up to ${known}: run a newer Runnel`,
    );
  }
}

async function writePatiently(engine: Engine, statements: Statement[]): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS;;) {
    try {
      await engine.write(statements);
      return;
    } catch (error) {
      const isLocked = error instanceof EngineError && error.failure === "busy";
      if (!isLocked || performance.now() > deadline) throw error;
    }
  }
}

async function currentVersion(engine: Engine): Promise<number> {
  const [result] = await engine.read([{ sql: SELECT_SCHEMA_VERSION, args: [] }]);
  return Number(result!.rows[0]![0]);
}
