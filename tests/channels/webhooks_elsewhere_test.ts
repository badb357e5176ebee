import { deepEqual, equal } from "../support/assert.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";

testOnBothEngines(
  "a process that rests pushes what another process wants pushed, where and as long as that one says",
  async (app) => {
    await using first = startReceiver();
    await using second = startReceiver();
    // As the command line does: it makes webhooks, and pushes nothing itself.
    await using other = await createTestApp({ database: app.databaseUrl, webhookPrivate: true });
    const { webhooks } = app.services;
    const insert = async () => {
      const answer = await other.request("/channel/c", { method: "POST", body: "item" });
      return (await answer.json())._links.self.href;
    };
    await webhooks.start();

    await other.send("PUT", "/channel/c", {});
    await other.send("PUT", "/webhook/hook", { channel: "c", callbackUrl: first.url });
    const uris = [await insert()];
    await first.until(() => first.calls.length === 1);

    equal((await other.send("PATCH", "/webhook/hook", { callbackUrl: second.url })).status, 200);
    await webhooks.lookAround();
    uris.push(await insert());
    await second.until(() => second.calls.length === 1);

    equal((await other.send("PATCH", "/webhook/hook", { paused: true })).status, 200);
    await webhooks.lookAround();
    uris.push(await insert());
    equal((await other.send("PATCH", "/webhook/hook", { paused: false })).status, 200);
    await second.until(() => second.calls.length === 2);

    equal((await other.request("/webhook/hook", { method: "DELETE" })).status, 204);
    equal(
      (await other.send("PUT", "/webhook/hook", { channel: "c", callbackUrl: first.url })).status,
      201,
    );
    await webhooks.lookAround();
    uris.push(await insert());
    await first.until(() => first.calls.length === 2);
    deepEqual(
      [...first.calls, ...second.calls].map(({ uris: [uri] }) => uri),
      [uris[0], uris[3], uris[1], uris[2]],
    );
  },
  { calmPollMillis: 20, webhookPrivate: true },
);
