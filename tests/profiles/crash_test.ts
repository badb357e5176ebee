import { deepEqual, equal, ok } from "../support/assert.ts";
import { createTestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

Deno.test("two processes that are killed lose nothing acknowledged and leave counters that agree", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const headers = { "Content-Type": "application/json" };
  const acknowledged = { events: 0, accounts: new Set<string>() };
  {
    await using first = await startProcess({ database });
    await using second = await startProcess({ database });
    const enough = Promise.withResolvers<void>();
    const writers = Array.from({ length: 16 }, async (_, i) => {
      const url = i % 2 ? first.url : second.url;
      for (let round = 0;; round++) {
        const account = `${i}-${round % 50}`;
        const body = JSON.stringify({ twitter: { id: round % 7, location: `place ${round % 5}` } });
        const profile = await fetch(`${url}/profile/a/${account}`, { method: "PUT", headers, body });
        await profile.body?.cancel();
        if (profile.status === 200) acknowledged.accounts.add(account);
        const event = await fetch(`${url}/event/a/shared/open?context=${round % 3}`, { method: "PUT" });
        await event.body?.cancel();
        if (event.status === 200 && ++acknowledged.events === 1000) enough.resolve();
      }
    }).map((writer) => writer.catch((error) => ok(error instanceof TypeError, String(error))));
    await enough.promise;
    await Promise.all([first.end("SIGKILL"), second.end("SIGKILL")]);
    await Promise.all(writers);
  }
  await using app = await createTestApp({ database });
  app.time.now = Date.now();
  deepEqual(await app.services.analytics.recount(), new Map());
  const { accounts, contexts } = await (await app.request("/analytics/a")).json();
  const stored = (Object.values(contexts.open) as number[]).reduce((sum, n) => sum + n, 0);
  ok(
    stored >= acknowledged.events && stored <= acknowledged.events + 16,
    `${stored} of ${acknowledged.events}`,
  );
  ok(accounts >= acknowledged.accounts.size && accounts <= acknowledged.accounts.size + 16);
  for (const account of acknowledged.accounts) {
    equal((await app.request(`/profile/a/${account}`)).status, 200, account);
  }
});
