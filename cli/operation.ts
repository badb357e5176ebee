/** `runnel backup` and `runnel restore`: the database file as a whole. */
import type { Command } from "commander";
import { fileOf } from "../db/open.ts";
import { copyDatabase, CopyError, restoreDatabase } from "../db/operation/copies.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function addOperationCommands(program: Command, { out, databaseUrl }: Terminal): void {
  program.command("backup").description("write the whole database to a file, while Runnel goes on serving")
    .argument("<file>", "where to; it must not be there yet")
    .action(async (file: string) => {
      const bytes = await copyDatabase(configuredFile(databaseUrl), file);
      out(`${file}: ${bytes} bytes, checked.\n`);
    });

  program.command("restore").description("put a backup in the place of the configured database")
    .argument("<file>", "a backup")
    .option("--force", "replace the database that is there; it is kept as FILE.replaced")
    .action(async (file: string, { force = false }: { force?: boolean }) => {
      const path = configuredFile(databaseUrl);
      await restoreDatabase(file, path, force);
      out(`${path} holds what ${file} does.\n`);
    });
}

function configuredFile(url: string): string {
  const path = fileOf(url);
  if (path === undefined) {
    throw new CopyError("DATABASE_URL is no file: a libSQL server makes its own backups");
  }
  return path;
}
