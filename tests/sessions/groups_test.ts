import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { Calendar } from "../../domain/sessions/calendar.ts";
import { createTestApp, type TestApp, testOnBothEngines } from "../support/app.ts";

const start = (user: string, n: number, ts: string, country = "DE") => ({
  user_id: user,
  session_id: `s${n}`,
  event: "start",
  ts,
  country,
});

async function groups(app: TestApp, query: string): Promise<[string, number, number | null][]> {
  const { groups } = await (await app.request(`/user/metrics?${query}`)).json();
  return groups.map(({ group, started, users }: { group: string; started: number; users: number | null }) => [
    group,
    started,
    users,
  ]);
}

testOnBothEngines(
  "metrics are grouped by country, day, week, month and hour of the day, in any time zone",
  async (app) => {
    const batch = [
      start("a", 1, "2026-01-01T23:30:00", "DE"),
      start("a", 2, "2026-01-01T18:40:00", "FR"),
      start("b", 3, "2025-12-31T23:10:00", "FR"),
      start("b", 4, "2025-12-28T23:10:00", "FR"),
      { ...start("b", 4, "2025-12-28T23:40:00"), event: "end" },
    ];
    equal((await app.send("POST", "/user/batches", batch)).status, 200);
    const check = async () => {
      deepEqual(await groups(app, "days=10&by=country"), [["FR", 3, 2], ["DE", 1, 1]]);
      deepEqual(await groups(app, "days=10&by=day"), [
        ["2026-01-01", 2, 1],
        ["2025-12-31", 1, 1],
        ["2025-12-28", 1, 1],
      ]);
      deepEqual(await groups(app, "days=10&by=week"), [["2026-W01", 3, 2], ["2025-W52", 1, 1]]);
      deepEqual(await groups(app, "days=10&by=month"), [["2026-01", 2, 1], ["2025-12", 2, 1]]);
      deepEqual(await groups(app, "days=10&by=hour_of_day"), [["18", 1, 1], ["23", 3, 2]]);
      // An hour ahead of UTC the last half hour of a year, a week and a day is the next one's.
      const berlin = "tz=Europe/Berlin";
      deepEqual(await groups(app, `days=10&by=day&${berlin}`), [
        ["2026-01-02", 1, 1],
        ["2026-01-01", 2, 2],
        ["2025-12-29", 1, 1],
      ]);
      deepEqual(await groups(app, `days=10&by=week&${berlin}`), [["2026-W01", 4, 2]]);
      deepEqual(await groups(app, `days=10&by=month&${berlin}`), [["2026-01", 3, 2], ["2025-12", 1, 1]]);
      // A quarter of an hour more than five and a half hours ahead.
      deepEqual(await groups(app, "days=10&by=hour_of_day&tz=Asia/Kathmandu"), [["00", 1, 1], ["04", 2, 1], [
        "05",
        1,
        1,
      ]]);
      deepEqual(await groups(app, "days=1&by=day&tz=Asia/Kathmandu"), [["2026-01-02", 2, 1]]);
      const { by_day, by_country, sessions } = await (await app.request(`/user/metrics?days=1&${berlin}`))
        .json();
      deepEqual(by_day.map(({ day }: { day: string }) => day), ["2026-01-02"]);
      deepEqual(by_country.map(({ country }: { country: string }) => country), ["DE"]);
      equal(sessions.started, 1);
      deepEqual(await groups(app, `days=10&by=country&country=de&${berlin}`), [["DE", 1, 1]]);
    };
    await check();
    await app.services.sessions.upkeep.flush();
    await check();
  },
);

Deno.test("a time zone or a group that is none is refused", async () => {
  await using app = await createTestApp();
  for (const query of ["by=year", "by=", "tz=Mars/Base", "tz="]) {
    equal((await app.request(`/user/metrics?days=1&${query}`)).status, 400, query);
  }
});

Deno.test("a calendar names every moment as the clocks of the zone do", () => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "+05:45",
  ];
  const moment = fc.integer({ min: 0, max: Date.UTC(2060, 0) });
  fc.assert(fc.property(fc.constantFrom(...zones), moment, (zone, moment) => {
    const calendar = new Calendar(zone);
    const local = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zone);
    const two = (value: number) => String(value).padStart(2, "0");
    equal(calendar.nameOf(moment, "day"), local.toPlainDate().toString());
    equal(calendar.nameOf(moment, "month"), `${local.year}-${two(local.month)}`);
    equal(calendar.nameOf(moment, "week"), `${local.yearOfWeek}-W${two(local.weekOfYear!)}`);
    equal(calendar.nameOf(moment, "hour_of_day"), two(local.hour));
    equal(calendar.dayBefore(moment, 0), Math.max(0, local.startOfDay().epochMilliseconds));
  }));
});
