import { deepEqual, equal } from "../support/assert.ts";
import { START, type TestApp, testOnBothEngines } from "../support/app.ts";
import { logIn, post, stats, statsSince } from "./support.ts";

const DAY = 86_400_000;
const said = (message: string, timestamp: string) => ({ username: "ann", message, timestamp });
const setZone = async (app: TestApp, token: string, body: unknown) => {
  const answer = await app.request("/api/auth/timezone", {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return await answer.json();
};

testOnBothEngines(
  "a pulse's days begin at the midnights of `timezone`, also when a clock is set forward",
  async (app) => {
    app.time.now = Date.UTC(2026, 2, 30, 12);
    const token = await logIn(app, "ann", ["town"]);
    await post(app, "town", [
      said("before midnight in Berlin", "2026-03-28T22:59:59Z"),
      said("after midnight in Berlin", "2026-03-28T23:00:00Z"),
      said("in the evening", "2026-03-29T21:59:59Z"),
      said("in summer time", "2026-03-29T22:00:00Z"),
    ]);
    const days = "pulse/town?hours=72&interval=1440";
    deepEqual((await stats(app, token, `${days}&timezone=Europe/Berlin`)).data, [
      { time: "2026-03-27T23:00:00.000Z", rate: 0.5 },
      { time: "2026-03-28T23:00:00.000Z", rate: 1 },
      { time: "2026-03-29T22:00:00.000Z", rate: 0.5 },
    ]);
    deepEqual(
      (await stats(app, token, `${days}&timezone=Asia/Kathmandu`)).data.map(({ time }: { time: string }) =>
        time
      ),
      [
        "2026-03-27T18:15:00.000Z",
        "2026-03-28T18:15:00.000Z",
        "2026-03-29T18:15:00.000Z",
      ],
    );
    deepEqual((await stats(app, token, days)).data.map(({ rate }: { rate: number }) => rate), [1, 1, 0]);
    equal((await stats(app, token, "pulse?timezone=Europe/Berlin")).data.length, 288);
    equal((await stats(app, token, `${days}&timezone=Europe/Atlantis`)).status, 400);
  },
);

testOnBothEngines("summaries of days are those of `timezone`", async (app) => {
  let token = await logIn(app, "ann", ["town"]);
  await post(app, "town", [
    said("The bridge over the river is closed.", "2025-12-31T22:30:00Z"),
    said("The tunnel under the river is open again.", "2025-12-31T23:30:00Z"),
    said("The ferry across the river is late.", new Date(START - 60_000).toISOString()),
  ]);
  await app.services.conversations.daily.write();
  const days = async (query: string) =>
    (await stats(app, token, `summaries/town?${query}`)).data.map((
      { day, messages, people }: Record<string, unknown>,
    ) => [day, messages, people]);
  deepEqual(await days("days=5"), [["2025-12-31", 2, 1]]);
  deepEqual(await days("days=5&timezone=Europe/Berlin"), [["2025-12-31", 1, 1], ["2026-01-01", 1, 1]]);
  app.time.now = START + 400 * DAY;
  token = await logIn(app, "ann", ["town"]);
  deepEqual(await days("days=3000&timezone=Europe/Berlin"), [], "messages past their time are in no day");
});

testOnBothEngines("a user's own time zone is meant wherever a request names none", async (app) => {
  const token = await logIn(app, "ann", ["town"]), other = await logIn(app, "bob", ["town"]);
  await post(app, "town", said("The disk of db-3 is full.", "2026-01-01T23:30:00Z"));
  const messages = async (token: string) =>
    (await stats(app, token, "recap/town?since=2026-01-02")).data.messages;
  deepEqual([await messages(token), await messages(other)], [0, 0]);
  for (const wrong of [{}, { timezone: "Mars/Olympus" }, { timezone: 5 }, { timezone: "UTC", zone: "x" }]) {
    equal((await setZone(app, token, wrong)).status, 400, JSON.stringify(wrong));
  }
  deepEqual((await setZone(app, token, { timezone: "Europe/Berlin" })).data, { timezone: "Europe/Berlin" });
  const shown = await app.request("/api/auth/timezone", { headers: { Authorization: `Bearer ${token}` } });
  deepEqual((await shown.json()).data, { timezone: "Europe/Berlin" });
  deepEqual([await messages(token), await messages(other)], [1, 0]);
  equal((await statsSince(app, token, "summary/town", { time: "2026-01-02" })).data.messages.length, 1);
  equal((await stats(app, token, "recap/town?since=2026-01-02&timezone=UTC")).data.messages, 0);
  await app.services.conversations.accounts.remove("ann");
  deepEqual(await app.database.query("SELECT count(*) FROM person_zone"), [[0]]);
});
