/** A story of each area, as a user would live it: every engine and every way of serving must let it end well. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { logIn, post, stats } from "../conversations/support.ts";
import type { TestApp } from "../support/app.ts";

type Story = (app: TestApp) => Promise<void>;

/** The body of a good answer. */
async function good(answer: Promise<Response>): Promise<string> {
  const response = await answer, text = await response.text();
  ok(response.ok, `${response.status} ${text}`);
  return text;
}

export const STORIES: Record<string, Story> = {
  async channels(app) {
    await good(app.send("PUT", "/channel/news", { tags: ["paper"] }));
    const ids: string[] = [];
    for (const body of ["one", "two", "three"]) {
      ids.push(JSON.parse(await good(app.request("/channel/news", { method: "POST", body }))).id);
      equal(await good(app.request(`/channel/news/${ids.at(-1)}`)), body);
      equal((await app.request("/channel/news/latest")).headers.get("location")?.endsWith(ids.at(-1)!), true);
    }
    const first = await app.request(`/channel/news/${ids[0]}`);
    equal(await first.text(), "one");
    equal(first.headers.get("link")?.includes(ids[1]!), true);
    await good(app.request("/channel/news", { method: "DELETE" }));
    equal((await app.request(`/channel/news/${ids[0]}`)).status, 404);
  },

  async profiles(app) {
    for (const town of ["Turin", "Porto"]) {
      await good(app.send("PUT", "/profile/app/ada", { twitter: { id: "1", location: town } }));
      equal(JSON.parse(await good(app.request("/profile/app/ada"))).demographics.location, town);
    }
    await good(app.request("/profile/app/ada", { method: "DELETE" }));
    equal((await app.request("/profile/app/ada")).status, 404);
  },

  async series(app) {
    for (const close of [1.5, 2.5]) {
      const frame = { close: { "2020-01-02": close } };
      await good(app.send("PUT", "/api/store/NASDAQ/ACME", frame));
      const stored = await good(app.request("/api/store/NASDAQ/ACME?date_format=epoch"));
      deepEqual(JSON.parse(stored), { close: { 1577923200000: close } });
    }
  },

  async sessions(app) {
    const event = { user_id: "ada", session_id: "s1" };
    const start = { ...event, event: "start", country: "IT", ts: "2026-01-01T08:00:00" };
    const end = { ...event, event: "end", ts: "2026-01-01T09:00:00" };
    for (const [event, completed] of [[start, 0], [end, 1]] as const) {
      await good(app.send("POST", "/user/batches", [event]));
      const metrics = JSON.parse(await good(app.request("/user/metrics?days=4000")));
      equal(metrics.sessions.completed, completed);
    }
    const sessions = JSON.parse(await good(app.request("/user/last-sessions-user?user_id=ada")));
    deepEqual(sessions, { ada: ["s1"] });
  },

  async conversations(app) {
    const token = await logIn(app, "ann");
    for (const message of ["the disk is full", "the memory is full"]) {
      await post(app, "town", { id: "7", username: "ann", message });
      const { data } = await stats(app, token, "representative_messages/town");
      deepEqual(data.map((found: { message: string }) => found.message), [message]);
    }
  },
};
