/** `runnel export` and `runnel import`: the data of an area as lines of JSON. */
import type { Command } from "commander";
import { AREA_NAMES, type AreaName, AREAS } from "../domain/areas.ts";
import type { Portable } from "../domain/operation/portable.ts";
import { importLines } from "./terminal/lines.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Adds the areas to the commands `export` and `import`. */
export function addPortableCommands(exports: Command, imports: Command, terminal: Terminal): void {
  for (const area of AREA_NAMES) {
    exports.command(area).description(`write all of ${area}: ${AREAS[area].about}`)
      .argument("[file]", "where to; it must not be there yet. Standard output unless given")
      .action((file?: string) => exportArea(area, file, terminal));
    imports.command(area).description(`store what export ${area} wrote`)
      .argument("[file]", "plain, gzip or bzip2; - is the standard input", "-")
      .action((file: string) => importArea(area, file, terminal));
  }
}

async function exportArea(area: AreaName, file: string | undefined, terminal: Terminal): Promise<void> {
  await terminal.withServices(async ({ portable }) => {
    if (file === undefined) {
      for await (const text of textOf(portable[area])) terminal.out(text);
      return;
    }
    const lines = await writeNewFile(file, textOf(portable[area]));
    terminal.out(`${file}: ${lines.toLocaleString("en")} records.\n`);
  });
}

async function* textOf(portable: Portable): AsyncGenerator<string> {
  for await (const page of portable.records()) {
    yield page.map(lineOf).join("");
  }
}

/** A line; where U+FFFD is a part of the data it is escaped, because a raw one says that bytes were no UTF-8. */
function lineOf(record: object): string {
  return `${JSON.stringify(record).replaceAll("\uFFFD", "\\ufffd")}\n`;
}

/** Writes a file that gets its name once it is whole and on the disk. Answers its lines. */
async function writeNewFile(path: string, texts: AsyncGenerator<string>): Promise<number> {
  if (await Deno.stat(path).then(() => true, () => false)) {
    throw new Error(`${path} is there already: name another file`);
  }
  const part = `${path}.part`, encoder = new TextEncoder();
  let lines = 0;
  try {
    using file = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 });
    for await (const text of texts) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
    }
    await file.sync();
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw error;
  }
  await Deno.rename(part, path);
  return lines;
}

async function importArea(area: AreaName, file: string, terminal: Terminal): Promise<void> {
  await terminal.withServices(async ({ portable }) => {
    const importer = portable[area].importer();
    await importLines(file, importer);
    terminal.out(`Stored ${importer.stored.toLocaleString("en")} records.\n`);
  });
}
