/** Sessions as records: a session with all that is known of it, in the order of users. */
import { z } from "zod";
import type { StoredSession } from "../../db/sessions/format/chunk.ts";
import { Gatherer, type Portable } from "../operation/portable.ts";
import { Country, Event, formatTime, Id } from "./event.ts";
import type { RestoredSession } from "./merge.ts";
import type { Sessions } from "./sessions.ts";

const Time = Event.shape.ts;

const SessionRecord = z.strictObject({
  record: z.literal("session"),
  user_id: Id,
  session_id: Id,
  country: Country.nullable(),
  start: Time.nullable(),
  end: Time.nullable(),
  received: Time,
})
  .refine(({ start, end }) => start !== null || end !== null, { error: "a start or an end", path: ["start"] })
  .refine(({ start, country }) => (start === null) === (country === null), {
    error: "a start has a country, a session without a start has none",
    path: ["country"],
  });

export function portableSessions(sessions: Sessions): Portable {
  return {
    async *records() {
      for await (const page of sessions.all()) yield page.map(recordOf);
    },
    importer: () => new Gatherer(SessionRecord, (records) => sessions.restore(records.map(restored))),
  };
}

const text = (micros: number | null) => micros === null ? null : formatTime(micros);

function recordOf({ userId, sessionId, country, start, end, received }: StoredSession): object {
  return {
    record: "session",
    user_id: userId,
    session_id: sessionId,
    country,
    start: text(start),
    end: text(end),
    received: formatTime(received * 1000),
  };
}

function restored(
  { user_id, session_id, country, start, end, received }: z.output<typeof SessionRecord>,
): RestoredSession {
  const part = { userId: user_id, sessionId: session_id, country, start, end };
  return { part, received: Math.floor(received / 1000) };
}
