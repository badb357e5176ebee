import { deepEqual, equal } from "../support/assert.ts";
import { openDatabase } from "../../db/open.ts";
import { ENGINES, startEngine } from "../support/engines.ts";
import { temporaryFolder } from "../support/process.ts";

for (const name of ENGINES.filter((engine) => engine !== "shared-file")) {
  Deno.test(`${name}: a commit tells whether another process wrote since the one before`, async () => {
    await using folder = await temporaryFolder();
    await using started = await startEngine(name, folder.path);
    const own = await openDatabase(started.options), other = await openDatabase({ url: started.sharedUrl });
    const insert = async ({ engine }: typeof own) => {
      let isShared = false;
      const statement = { sql: "INSERT INTO kept VALUES (1)", args: [] };
      await engine.write([statement, statement], { onShared: () => isShared = true });
      return isShared;
    };
    await own.engine.write([{ sql: "CREATE TABLE kept (a)", args: [] }]);
    await insert(own);
    deepEqual([await insert(own), await insert(own)], [false, false]);
    await insert(other);
    equal(await insert(own), true);
    equal(await insert(own), false);
    equal(await insert(other), true);
    for (const database of [own, other]) await database.close();
  });
}
