import { deepEqual, equal, match } from "node:assert/strict";
import { START, testOnBothEngines } from "../support/app.ts";
import { logIn, minutesBefore, post, stats, statsSince } from "./support.ts";
const before = (minutes: number) => minutesBefore(START, minutes);

testOnBothEngines(
  "a recap says what was decided, asked and promised, and cites its messages",
  async (app) => {
    const said = (id: string, username: string, message: string, minutes: number) => ({
      id,
      username,
      message,
      timestamp: before(minutes),
    });
    await post(app, "town", [
      said("1", "ann", "The deploy of the billing service failed because the disk of db-3 is full.", 60),
      said("2", "bob", "I will delete the old snapshots of db-3 today.", 58),
      said("3", "carl", "We decided to move the snapshots of db-3 to another disk every night.", 50),
      said("4", "dora", "Who orders the new disk for db-4 next week?", 10),
    ]);
    const token = await logIn(app, "ann", ["town"]);
    const { data } = await stats(app, token, "recap/town");
    deepEqual([data.messages, data.people], [4, ["ann", "bob", "carl", "dora"]]);
    match(data.text, /db-3/);
    const points = data.topics.flatMap(({ points }: { points: unknown[] }) => points);
    const kinds = points.map(({ kind }: { kind: string }) => kind);
    for (const kind of ["decision", "action"]) equal(kinds.includes(kind), true, kind);
    const decision = points.find(({ kind }: { kind: string }) => kind === "decision");
    deepEqual(decision.messages[0], { id: "3", time: before(50), username: "carl" });
    equal(data.open_questions[0].messages[0].id, "4");

    const recent = await statsSince(app, token, "recap/town", { since: before(20), words: 50 });
    equal(recent.data.messages, 1);
    deepEqual((await stats(app, token, "recap/town?since=2026-01-02T03:04:05Z")).data.topics, []);
    for (const query of ["words=5", "since=yesterday", "sinse=2026-01-01"]) {
      equal((await stats(app, token, `recap/town?${query}`)).status, 400, query);
    }
    equal((await stats(app, token, "recap/elsewhere")).status, 404);
  },
);
