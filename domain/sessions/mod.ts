/** The area of user sessions: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import { createRecentStore } from "../../db/sessions/recent.ts";
import { SessionStore } from "../../db/sessions/store.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { days, firstAlive } from "../expiry.ts";
import { LiveSessions } from "./live.ts";
import { portableSessions } from "./portable.ts";
import { Sessions } from "./sessions.ts";
import { Storage } from "./storage/storage.ts";
import { Upkeep } from "./upkeep/upkeep.ts";

/** Settings of user sessions. */
export interface SessionAreaOptions {
  /** Days for which sessions are kept, from when they were received. */
  readonly sessionTtlDays: number;
  /** Sessions that are gathered in memory before they become a run; a test may want few. */
  readonly sessionSegment?: number | undefined;
}

export interface SessionServices {
  readonly sessions: Sessions;
  readonly liveSessions: LiveSessions;
}

export function createSessionArea(
  database: Database,
  { sessionTtlDays, sessionSegment, clock, log, poll }: SessionAreaOptions & AreaOptions,
): Area<SessionServices> {
  const storage = new Storage({
    store: new SessionStore(database),
    clock,
    firstAlive: (now) => firstAlive(days(sessionTtlDays), now),
    segmentSize: sessionSegment,
  });
  const upkeep = new Upkeep(storage, log);
  const recent = createRecentStore(database);
  const sessions = new Sessions(storage, upkeep, recent);
  const liveSessions = new LiveSessions(recent, storage, poll);
  return {
    portable: portableSessions(sessions),
    services: { sessions, liveSessions },
    sweep: (signal) => sessions.sweep(signal),
    close() {
      liveSessions.close();
      upkeep.close();
    },
  };
}
