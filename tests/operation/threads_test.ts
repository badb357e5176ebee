/** Threads that a thread starts. */
import { equal, match } from "node:assert/strict";
import { ThreadStarter } from "../../domain/operation/threads.ts";

const module = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

Deno.test("ThreadStarter.start() starts threads that answer through their ports, and ends them", async () => {
  const starter = new ThreadStarter();
  const echo =
    `self.onmessage = ({ data: port }) => port.onmessage = ({ data }) => port.postMessage([data]);`;
  const answers = await Promise.all(["a", "b"].map((text) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const thread = starter.start(module(echo), "echo", reject);
    thread.port.onmessage = ({ data }) => {
      thread.end();
      resolve(data);
    };
    thread.port.postMessage(text);
    return promise;
  }));
  equal(JSON.stringify(answers), '[["a"],["b"]]');
  starter.close();
});

Deno.test("ThreadStarter.start() tells of a thread that throws, at once or later", async () => {
  const starter = new ThreadStarter();
  const codes = [
    `throw new Error("at once");`,
    `self.onmessage = ({ data: port }) => port.onmessage = async () => { await 0; throw new Error("later"); };`,
  ];
  for (const [at, code] of codes.entries()) {
    const { promise, resolve } = Promise.withResolvers<string>();
    starter.start(module(code), "failing", resolve).port.postMessage("go");
    match(await promise, [/at once/, /later/][at]!);
  }
  starter.close();
});
