/** A large save waits for one fsync. After a power failure, wherever it comes, the save is whole or not there. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { Engine } from "../../db/engine/engine.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { temporaryFolder } from "../support/process.ts";

const PATH = "/api/store/power/failure";
const ROWS = 28_000;
const BEFORE = "index,a\n2020-01-01,1\n2020-01-02,2\n";

/** Rows of which each takes its eight bytes. */
function largeCsv(): string {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const stamp = new Date(1_577_836_800_000 + row * 60_000).toISOString().slice(0, 19);
    return `${stamp},${Math.sin(row)},${Math.cos(row * row)}\n`;
  });
  return `index,a,b\n${lines.join("")}`;
}

async function save(app: TestApp, body: string, query = ""): Promise<void> {
  const answer = await app.request(`${PATH}?format=csv${query}`, { method: "PUT", body });
  equal(answer.status, 200, await answer.text());
}

const textOf = async (app: TestApp): Promise<string> =>
  await new Response((await app.stream(`${PATH}?format=csv&double_precision=full`)).body).text();

/** Notes of each write whether it had its fsync, and how long the log was after it. */
function noteWrites({ database: { engine } }: TestApp, log: string) {
  const noted: { readonly isDurable: boolean; readonly size: number }[] = [], { write } = engine;
  Object.assign(
    engine,
    {
      async write(statements, options) {
        const results = await write(statements, options);
        noted.push({ isDurable: options?.mayBeLost !== true, size: (await Deno.stat(log)).size });
        return results;
      },
    } satisfies Partial<Engine>,
  );
  return noted;
}

Deno.test("power failure during a large save or merge: it is there whole, or not at all", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/runnel.db`, log = `${path}-wal`;
  await using app = await createTestApp({ database: `file:${path}` });
  await save(app, BEFORE);
  for (const [turn, query] of ["&mode=replace", "&mode=merge"].entries()) {
    const before = await textOf(app);
    const noted = noteWrites(app, log);
    await save(app, largeCsv(), query);
    const staged = noted.slice(0, -1), last = noted.at(-1)!, after = await textOf(app);
    ok(staged.length >= 3, `${staged.length} commits ahead of the last one`);
    deepEqual([staged.some(({ isDurable }) => isDurable), last.isDurable], [false, true]);

    const cuts = staged.flatMap(({ size }, i) => [size, (size + noted[i + 1]!.size) >> 1]);
    for (const [i, cut] of [...cuts, last.size - 1, last.size].entries()) {
      const copy = `${folder.path}/${turn}-${i}.db`;
      await Deno.copyFile(path, copy);
      await Deno.copyFile(log, `${copy}-wal`);
      await Deno.truncate(`${copy}-wal`, cut);
      await using restarted = await createTestApp({ database: `file:${copy}` });
      equal(await textOf(restarted) === (cut === last.size ? after : before), true, `cut at ${cut}`);
      // What was staged and lost its save is in nobody's way.
      await save(restarted, BEFORE, "&mode=merge");
    }
  }
});
