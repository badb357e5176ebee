/** What has expired goes in short commits. */
import { deepEqual, equal } from "../support/assert.ts";
import type { SessionEvent } from "../../domain/sessions/event.ts";
import { sweepFigures } from "../../domain/sessions/upkeep/expiry.ts";
import { START, testOnBothEngines } from "../support/app.ts";

const SESSIONS = 5_000, YEAR_MS = 365 * 86_400_000;

/** A start for each session, a minute apart, and an end for every other one. */
function* events(): Generator<SessionEvent> {
  for (let i = 0; i < SESSIONS; i++) {
    const ids = { user_id: `u${i}`, session_id: `${i}` }, ts = (START - i * 60_000) * 1000;
    yield { ...ids, event: "start", ts, country: ["DE", "FR", "GH"][i % 3] };
    if (i % 2 === 0) yield { ...ids, event: "end", ts: ts + i * 1_000_000 };
  }
}

testOnBothEngines(
  "many sessions leave the figures in several commits, between which the sweep may be stopped",
  async (app) => {
    const { sessions } = app.services;
    await sessions.add([...events()]);
    await sessions.upkeep.flush();
    app.time.now += YEAR_MS + 1;
    let asked = 0;
    const signal = {
      get aborted() {
        return ++asked > 2;
      },
    };
    const swept = await sweepFigures(sessions.storage, signal as AbortSignal);
    equal(swept > 0 && swept < SESSIONS, true, `${swept} were swept`);
    const metrics = await (await app.request("/user/metrics?days=1000")).json();
    equal(metrics.sessions.started, 0, "what has expired is not shown while it is swept");
    equal(await sessions.sweep(), SESSIONS - swept);
    for (const table of ["session_figure", "session_duration", "session_ledger"]) {
      deepEqual(await app.database.query(`SELECT count(*) FROM ${table}`), [[0]], `${table} is empty`);
    }
  },
);
