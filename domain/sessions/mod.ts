/** The area of user sessions: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import { createSessionStore } from "../../db/sessions/sessions.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { days, firstAlive } from "../expiry.ts";
import { Sessions } from "./sessions.ts";

/** Settings of user sessions. */
export interface SessionAreaOptions {
  /** Days for which sessions are kept, from when they were received. */
  readonly sessionTtlDays: number;
}

export interface SessionServices {
  readonly sessions: Sessions;
}

export function createSessionArea(
  database: Database,
  { sessionTtlDays, clock }: SessionAreaOptions & AreaOptions,
): Area<SessionServices> {
  const firstVisible = () => firstAlive(days(sessionTtlDays), clock());
  const sessions = new Sessions(createSessionStore(database, clock, firstVisible), clock);
  return {
    services: { sessions },
    sweep: (signal) => sessions.sweep(signal),
    close() {},
  };
}
