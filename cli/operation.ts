/** `runnel backup`, `runnel restore` and `runnel doctor`: the database file as a whole. */
import type { Command } from "commander";
import { fileOf } from "../db/open.ts";
import { copyDatabase, CopyError, isThere, restoreDatabase } from "../db/operation/copies.ts";
import { examine, type Finding } from "../db/operation/doctor.ts";
import { AuditQuery } from "../api/system.ts";
import { type AuditEntry, COMMAND_LINE } from "../domain/access/audit.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { iso } from "../domain/time.ts";

export function addOperationCommands(program: Command, { out, databaseUrl, withServices }: Terminal): void {
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
      await withServices(({ audit }) => audit.record(COMMAND_LINE, "restore", file));
      out(`${path} holds what ${file} does.\n`);
    });

  program.command("audit").description("show who did what with keys, users and data, the newest first")
    .option("--limit <number>", "at most so many entries", "100")
    .action(async ({ limit }: { limit: string }) => {
      const { success, data } = AuditQuery.shape.limit.safeParse(limit);
      if (!success) throw new Error("--limit must be a whole number from 1 to 1000");
      const entries = await withServices(({ audit }) => audit.list(data));
      out(table([["TIME", "WHO", "DID", "WITH"], ...entries.map(auditCells)]));
    });

  program.command("doctor").description("look through the database for damage; fails when there is any")
    .action(async () => {
      const path = configuredFile(databaseUrl);
      if (!await isThere(path)) throw new CopyError(`there is no database at ${path}`);
      const findings = await examine(path);
      out(table([["AREA", "WRONG", "WHAT"], ...findings.map(cells)]));
      const wrong = findings.filter((finding) => finding.wrong > 0).length;
      if (wrong > 0) throw new Error(`${wrong} of ${findings.length} examinations found damage`);
    });
}

function auditCells({ at, actor, action, subject }: AuditEntry): string[] {
  return [iso(at).slice(0, 19).replace("T", " "), actor, action, subject];
}

function cells({ area, about, wrong }: Finding): string[] {
  return [area, String(wrong), about];
}

function configuredFile(url: string): string {
  const path = fileOf(url);
  if (path === undefined) {
    throw new CopyError("DATABASE_URL is no file: a libSQL server makes its own backups");
  }
  return path;
}
