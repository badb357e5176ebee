import { deepEqual, equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

testOnBothEngines("bins do not move with the range asked for, and weeks begin on Monday", async (app) => {
  const path = "/api/store/r/bins";
  const index = Array.from({ length: 480 }, (_, hour) => 1_600_000_000 + hour * 3600);
  const body = JSON.stringify({ columns: ["n"], index, data: index.map(() => [1]) });
  await app.request(`${path}?jsonformat=split`, { method: "PUT", body });
  const bins = async (query: string): Promise<number[]> => {
    const answer = await app.request(
      `${path}?jsonformat=split&date_format=epoch&date_unit=s&agg=count&${query}`,
    );
    equal(answer.status, 200);
    return (await answer.json()).index;
  };
  const whole = await bins("every=7h");
  deepEqual(new Set(whole.map((stamp) => stamp % 25_200)), new Set([0]));
  deepEqual(
    (await bins("every=7h&start=2020-09-20T05:00")).slice(1),
    whole.slice(-(await bins("every=7h&start=2020-09-20T05:00")).length + 1),
  );
  for (const stamp of await bins("every=1w")) equal(new Date(stamp * 1000).getUTCDay(), 1);
  const [first] = await bins("every=7h&origin=2020-09-01T01:00Z");
  equal((first! - Date.UTC(2020, 8, 1, 1) / 1000) % 25_200, 0);
  const [day] = await bins("every=5h&origin=start_day");
  equal(day! % 86_400 % 18_000, 0);
  for (
    const bad of ["every=7h&origin=never", "origin=epoch", "every=1M", "every=999999999w&origin=2200-01-01"]
  ) {
    equal((await app.request(`${path}?${bad}`)).status, 400, bad);
  }
});
