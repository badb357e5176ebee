/** Orient table, as pandas 1.5.3 writes frames of its own types (vectors/tables.json), comes back byte for byte. */
import { equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

const TABLES: string[] = JSON.parse(Deno.readTextFileSync(new URL("./vectors/tables.json", import.meta.url)));

testOnBothEngines(
  "orient table keeps names, durations, zones, categories, extension types and labels",
  async (app) => {
    for (const [at, table] of TABLES.entries()) {
      const url = `/api/store/tables/${at}?jsonformat=table`;
      const saved = await app.request(url, { method: "PUT", body: table });
      equal(saved.status, 200, await saved.text());
      equal(await (await app.request(url)).text(), table);
      const parquet = await (await app.request(`${url}&format=parquet`)).arrayBuffer();
      const again = await app.request(`/api/store/tables/${at}b?format=parquet`, {
        method: "PUT",
        body: parquet,
      });
      equal(again.status, 200, await again.text());
      equal(await (await app.request(`/api/store/tables/${at}b?jsonformat=table`)).text(), table);
    }
  },
);
