import { equal, match } from "../support/assert.ts";
import { startThread } from "../../domain/operation/threads.ts";

const module = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

Deno.test("startThread() starts threads that answer, each its own caller, and ends them", async () => {
  const echo = `self.onmessage = ({ data }) => self.postMessage([data]);`;
  const answers = await Promise.all(["a", "b"].map((text) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const thread = startThread(module(echo), "echo", reject);
    thread.port.onmessage = ({ data }) => {
      thread.end();
      resolve(data);
    };
    thread.port.postMessage(text);
    return promise;
  }));
  equal(JSON.stringify(answers), '[["a"],["b"]]');
});

Deno.test("startThread() tells of a thread that throws, at once or later", async () => {
  const codes = [
    `throw new Error("at once");`,
    `self.onmessage = async () => { await 0; throw new Error("later"); };`,
  ];
  for (const [at, code] of codes.entries()) {
    const { promise, resolve } = Promise.withResolvers<string>();
    startThread(module(code), "failing", resolve).port.postMessage("go");
    match(await promise, [/at once/, /later/][at]!);
  }
});
