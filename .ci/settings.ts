/** Writes what follows from config/variables.ts: README's table, and the permissions of both configurations. */
import { VARIABLES } from "../config/mod.ts";

const ROOT = new URL("../", import.meta.url);

/** The names that may be read: the driver of the database reads one of its own. */
export const READABLE = [...Object.keys(VARIABLES), "LIBSQL_JS_DEV"];

/** The cells of README's table. */
export const ROWS = Object.entries(VARIABLES).map(([name, { initial, about }]) => [
  `\`${name}\``,
  initial === undefined || initial === "" ? "" : `\`${initial}\``,
  about,
]);

async function rewrite(name: string, change: (text: string) => string): Promise<void> {
  const file = new URL(name, ROOT);
  await Deno.writeTextFile(file, change(await Deno.readTextFile(file)));
}

if (import.meta.main) {
  const rows = ROWS.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
  await rewrite("README.md", (text) => text.replace(/(?:^\| `[A-Z_]+` +\|.*\n)+/m, () => rows));
  const env = `"env": ${JSON.stringify(READABLE)}`;
  for (const name of ["deno.json", "deno.dev.json"]) {
    await rewrite(name, (text) => text.replace(/"env": \[[^\]]*\]/, () => env));
  }
}
