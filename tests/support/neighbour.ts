/** Another process that writes to a database file all the time: its one argument. It prints a line once it does. */
import { openEmbedded } from "../../db/engine/embedded.ts";

const file = await openEmbedded(Deno.args[0]!);
const run = (sql: string) => file.write([{ sql, args: [] }]);
await run("CREATE TABLE IF NOT EXISTS neighbour (number INTEGER NOT NULL) STRICT");
console.log("writing");
while (true) {
  await run("INSERT INTO neighbour VALUES (1)");
  await run("DELETE FROM neighbour");
}
