import { deepEqual, equal, rejects } from "../support/assert.ts";
import { type Engine, EngineError } from "../../db/engine/engine.ts";
import { openServer } from "../../db/engine/remote/server.ts";
import { type LibsqlServer, startLibsqlServer } from "../support/libsql_server.ts";
import { openLine } from "../support/line.ts";

const ignore = !(Deno.build.os === "linux" && Deno.build.arch === "x86_64");
const statement = (sql: string, ...args: number[]) => ({ sql, args });
const INSERT = "INSERT INTO kept VALUES (?1)", COUNT = "SELECT count(*) FROM kept";

async function opened(server: LibsqlServer): Promise<Engine> {
  const engine = openServer(server.url);
  await engine.write([statement("CREATE TABLE kept (a PRIMARY KEY)")]);
  return engine;
}

async function count(engine: Engine): Promise<unknown> {
  const [result] = await engine.read([statement(COUNT)]);
  return result!.rows[0]![0];
}

Deno.test({
  name:
    "calls of a server, one after the other and at once, with one statement and many, each answer their own",
  ignore,
  async fn() {
    await using server = await startLibsqlServer();
    const engine = await opened(server);
    for (let i = 0; i < 30; i++) {
      const [one, other] = await engine.write([statement(INSERT, 2 * i), statement(INSERT, 2 * i + 1)]);
      deepEqual([one!.changes, other!.changes], [1, 1]);
      const [sum, product] = await engine.read([
        statement("SELECT ?1 + ?2", i, 1),
        statement("SELECT ?1 * ?2", i, 2),
      ]);
      deepEqual([sum!.rows, product!.rows], [[[i + 1]], [[2 * i]]]);
    }
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => engine.read([statement("SELECT ?1", i), statement(COUNT)])),
    );
    deepEqual(
      answers.map(([own, all]) => [own!.rows[0]![0], all!.rows[0]![0]]),
      answers.map((_, i) => [i, 60]),
    );
    await engine.close();
  },
});

Deno.test({
  name: "a write that fails changes nothing, and leaves no transaction to those after it",
  ignore,
  async fn() {
    await using server = await startLibsqlServer();
    const engine = await opened(server);
    const twice = [statement(INSERT, 1), statement(INSERT, 1)];
    for (let i = 0; i < 3; i++) {
      await rejects(
        engine.write(twice),
        (error) => error instanceof EngineError && error.failure === "constraint",
      );
      await rejects(engine.write([statement("BEGIN IMMEDIATE"), statement(INSERT, 2)]), EngineError);
      equal(await count(engine), i);
      await engine.write([statement(INSERT, 10 + i)]);
      equal(await count(engine), i + 1);
    }
    await engine.close();
  },
});

Deno.test({
  name:
    "a server that knows nothing of a stream, because it was started again, gets the call once, over another one",
  ignore,
  async fn() {
    await using before = await startLibsqlServer();
    await using after = await startLibsqlServer();
    for (const server of [before, after]) await (await opened(server)).close();
    await using line = openLine(before.url);
    const engine = openServer(line.url);
    await engine.write([statement(INSERT, 1), statement(INSERT, 2)]);
    equal(await count(engine), 2);
    line.target = after.url;
    equal(await count(engine), 0);
    await engine.write([statement(INSERT, 1), statement(INSERT, 2)]);
    equal(await count(engine), 2);
    equal(await line.count(() => engine.write([statement(INSERT, 3)])), 1);
    await engine.close();
  },
});
