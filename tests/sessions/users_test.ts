import { deepEqual, equal, ok } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const event = (user: string, n: number, kind: "start" | "end", country = "DE") => ({
  user_id: user,
  session_id: `s${n}`,
  event: kind,
  ts: new Date(Date.UTC(2026, 0, 1) + n * 60_000 + (kind === "end" ? 30_500 : 0)).toISOString(),
  country,
});

/** Sessions of two users, moved and doubled, in runs, merged runs and the log. */
async function fill(app: TestApp): Promise<void> {
  for (let batch = 0; batch < 9; batch++) {
    const sessions = Array.from({ length: 6 }, (_, i) => batch * 5 + i);
    const events = sessions.flatMap((n) => [
      event("gone", n, "start", n % 2 === 0 ? "DE" : "FR"),
      ...(n % 3 === 0 ? [] : [event("gone", n, "end")]),
      event("stays", n, "start"),
      event("stays", n, "end"),
    ]);
    // A start that was earlier moves a session of the batch before.
    if (batch > 0) {
      events.push({ ...event("gone", batch * 5 - 1, "start"), ts: "2025-12-31T23:00:00Z", country: "GH" });
    }
    equal((await app.send("POST", "/user/batches", events)).status, 200);
    if (batch % 3 === 1) await app.services.sessions.upkeep.settled();
  }
}

const get = async (app: TestApp, path: string) => await (await app.request(path)).json();
const linesOf = async (app: TestApp, user: string) =>
  (await (await app.request(`/user/export?user_id=${user}`)).text()).split("\n").filter(Boolean)
    .map((line) => JSON.parse(line)).sort((a, b) => a.session_id.localeCompare(b.session_id));

testOnBothEngines(
  "all sessions of a user can be exported and deleted; others stay, and the figures are those of the others",
  async (app) => {
    await fill(app);
    const exported = await linesOf(app, "gone");
    equal(exported.length, 46);
    deepEqual(exported.find(({ session_id }) => session_id === "s1"), {
      user_id: "gone",
      session_id: "s1",
      country: "FR",
      start: "2026-01-01T00:01:00",
      end: "2026-01-01T00:01:30.5",
      received: "2026-01-02T03:04:05.678",
    });
    equal(exported.find(({ session_id }) => session_id === "s3").end, null);
    const others = await linesOf(app, "stays");

    deepEqual(await (await app.request("/user/sessions?user_id=gone", { method: "DELETE" })).json(), {
      sessions: 46,
    });
    deepEqual(await linesOf(app, "gone"), []);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=gone"), { gone: [] });
    deepEqual(await linesOf(app, "stays"), others);
    const starts = await get(app, "/user/last-events?days=10");
    deepEqual(
      Object.values(starts).flat().filter((start) => (start as { user_id: string }).user_id === "gone"),
      [],
    );
    equal(starts.DE.length, 46);
    const metrics = await get(app, "/user/metrics?days=10");
    deepEqual(metrics.sessions, { started: 46, completed: 46, open: 0, inconsistent: 0 });
    equal(metrics.users, 1);
    deepEqual(metrics.by_country.map(({ country }: { country: string }) => country), ["DE"]);
    for (const table of ["session_chunk", "session_log"]) {
      const rows = await app.database.query(
        `SELECT count(*) FROM ${table} WHERE instr(data, CAST('gone' AS BLOB)) > 0`,
      );
      deepEqual(rows, [[0]], `${table} has nothing of the user`);
    }

    const again = await (await app.request("/user/sessions?user_id=gone", { method: "DELETE" })).json();
    deepEqual(again, { sessions: 0 });
    await app.send("POST", "/user/batches", [event("gone", 1, "start"), event("gone", 1, "end")]);
    deepEqual(await get(app, "/user/last-sessions-user?user_id=gone"), { gone: ["s1"] });

    // What is left expires as it would have.
    app.time.now += 400 * 86_400_000;
    await app.services.sessions.sweep();
    deepEqual(await app.database.query("SELECT count(*) FROM session_figure"), [[0]]);
    ok((await get(app, "/user/metrics?days=1000")).sessions.started === 0);
  },
  { sessionSegment: 4 },
);
