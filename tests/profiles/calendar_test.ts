import { deepEqual, equal } from "../support/assert.ts";
import { type TestApp, testOnBothEngines } from "../support/app.ts";

const record = async (app: TestApp, timestamps: string[]) => {
  const events = timestamps.map((timestamp, i) => ({
    account: i % 2 ? "odd" : "even",
    event: "open",
    context: "web",
    timestamp,
  }));
  equal((await app.send("POST", "/event/a", events)).status, 200);
};

/** The points that count something, with their times in UTC. */
async function points(app: TestApp, query: string, path = "a/open") {
  const response = await app.request(`/event/${path}?${query}`);
  equal(response.status, 200, await response.clone().text());
  const { datapoints } = await response.json() as { datapoints: [number, number][] };
  return {
    all: datapoints.length,
    counted: datapoints.filter(([, n]) => n > 0).map(([time, n]) =>
      `${new Date(time).toISOString().slice(0, 16)} ${n}`
    ),
  };
}

testOnBothEngines("days, weeks and months are those of the calendar in a time zone", async (app) => {
  // Berlin: clocks go forward on 2025-03-30 and back on 2025-10-26.
  await record(app, [
    "2025-03-29T22:55:00Z", // the 29th in Berlin
    "2025-03-29T23:00:00Z", // midnight of the 30th, a Sunday of 23 hours
    "2025-03-30T21:55:00Z",
    "2025-03-30T22:00:00Z", // midnight of Monday
    "2025-03-31T21:59:59Z",
    "2025-03-31T22:00:00Z", // April
    "2025-10-25T22:00:00Z", // a day of 25 hours
    "2025-10-26T22:59:59Z",
    "2025-10-26T23:00:00Z",
  ]);
  const tz = "tz=Europe/Berlin", march = `from=2025-03-29&to=2025-04-01T23:59&${tz}`;
  deepEqual(await points(app, `bucket=day&${march}`), {
    all: 4,
    counted: ["2025-03-28T23:00 1", "2025-03-29T23:00 2", "2025-03-30T22:00 2", "2025-03-31T22:00 1"],
  });
  deepEqual(await points(app, `bucket=week&${march}`), {
    all: 2,
    counted: ["2025-03-23T23:00 3", "2025-03-30T22:00 3"],
  });
  deepEqual(await points(app, `bucket=month&from=2025-03-31&to=2025-10-27&${tz}`), {
    all: 8,
    counted: ["2025-02-28T23:00 5", "2025-03-31T22:00 1", "2025-09-30T22:00 3"],
  });
  deepEqual(await points(app, `bucket=day&from=2025-10-26&to=2025-10-27&${tz}`), {
    all: 2,
    counted: ["2025-10-25T22:00 2", "2025-10-26T23:00 1"],
  });
  deepEqual(await points(app, "bucket=day&from=2025-03-29&to=2025-03-31"), {
    all: 3,
    counted: ["2025-03-29T00:00 2", "2025-03-30T00:00 2", "2025-03-31T00:00 2"],
  }, "UTC unless a zone is given");
  deepEqual((await points(app, `bucket=day&${march}`, "a/even/open")).counted.length, 3);
  deepEqual((await points(app, `bucket=month&${march}&context=web`)).counted, [
    "2025-02-28T23:00 5",
    "2025-03-31T22:00 1",
  ]);
  deepEqual((await points(app, `bucket=month&${march}&context=other`)).counted, []);
  deepEqual((await points(app, "bucket=day&tz=Asia/Kathmandu&from=2025-03-30&to=2025-03-30")).counted, [
    "2025-03-29T18:15 2",
  ]);
});

testOnBothEngines("zones and calendar buckets that make no sense are refused", async (app) => {
  for (
    const query of [
      "tz=Mars/Olympus",
      "tz=",
      "bucket=days",
      "bucket=1week",
      "bucket=Week",
      "bucket=day&from=2025-02-30",
      "bucket=day&from=1975-01-01&to=2025-01-01",
      "bucket=day&from=2025-01-02&to=2025-01-01",
      "from=1e3",
    ]
  ) equal((await app.request(`/event/a/open?${query}`)).status, 400, query);
  equal((await points(app, "bucket=month&from=1970-01-01&tz=Pacific/Auckland")).all, 673);
  equal((await points(app, "bucket=week&from=0&to=0&tz=America/New_York")).all, 1);
});
