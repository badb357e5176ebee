import { equal } from "node:assert/strict";
import { createTestApp } from "../support/app.ts";

const MIB = 1 << 20;

Deno.test("bytes of answers under way have one budget: past it 503 at once, and small ones are answered", async () => {
  await using app = await createTestApp({ maxAnswerBytes: 2 * MIB });
  await app.send("POST", "/channel", { name: "news" });
  const ids: string[] = [];
  for (const body of [new Uint8Array(1.5 * MIB), "small", "last"]) {
    ids.push((await (await app.request("/channel/news", { method: "POST", body })).json()).id);
  }
  const [large, small] = ids.map((id) => `/channel/news/${id}`);
  const taken = Promise.withResolvers<void>(), left = Promise.withResolvers<void>();
  const ask = async (path: string, sent: Promise<void>) => {
    const answer = await app.fetch(path, { isLocal: () => true, sent: () => sent });
    await answer.body?.cancel();
    return answer;
  };

  equal((await ask(large!, taken.promise)).status, 200);
  const refused = await ask(large!, taken.promise);
  equal(refused.status, 503);
  equal(refused.headers.get("retry-after"), "1");
  equal((await ask(small!, taken.promise)).status, 200);

  taken.resolve();
  await taken.promise;
  equal((await ask(large!, left.promise)).status, 200);
  equal((await ask(large!, left.promise)).status, 503);
  left.reject(new Error("the client has left"));
  await left.promise.catch(() => {});
  equal((await ask(large!, Promise.resolve())).status, 200);
});
