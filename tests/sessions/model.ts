/** Sessions as anybody would write them down, slowly: what the real thing is held against. */

/** An event as it is sent. Times are whole seconds of one day. */
export interface ModelEvent {
  readonly user_id: string;
  readonly session_id: string;
  readonly event: "start" | "end";
  readonly ts: string;
  readonly country?: string;
}

interface ModelSession {
  readonly user: string;
  readonly session: string;
  /** When its first event was received, in milliseconds since the epoch. */
  readonly received: number;
  start?: string;
  country?: string;
  end?: string;
}

/** Events as they were received, in their order. */
export interface Received {
  readonly at: number;
  readonly events: readonly ModelEvent[];
}

/** The answers that these events must lead to, in whichever order they came. Times compare as text. */
export function answersOf(events: readonly ModelEvent[]) {
  return answersAt([{ at: 0, events }], 0, 1);
}

/** The same at a time, where sessions live for so long after their first event was received, in milliseconds. */
export function answersAt(received: readonly Received[], now: number, ttl: number) {
  const sessions = new Map<string, ModelSession>();
  const all = received.flatMap(({ at, events }) => events.map((event) => ({ ...event, at })));
  for (const { user_id, session_id, event, ts, country, at } of all) {
    const key = JSON.stringify([user_id, session_id]), known = sessions.get(key);
    const isAlive = known !== undefined && at - known.received < ttl;
    const session: ModelSession = isAlive ? known : { user: user_id, session: session_id, received: at };
    sessions.set(key, session);
    if (event === "end") session.end = session.end === undefined || ts > session.end ? ts : session.end;
    else if (session.start === undefined || ts < session.start) {
      Object.assign(session, { start: ts, country });
    } else if (ts === session.start && country! < session.country!) Object.assign(session, { country });
  }
  const alive = [...sessions.values()].filter((session) => now - session.received < ttl);
  const started = alive.filter(({ start }) => start !== undefined);
  const completed = started.filter(({ start, end }) => end !== undefined && end >= start!);
  return {
    starts: started.map(({ country, session, user, start }) => `${country} ${session} ${user} ${start}`)
      .sort(),
    completed: (user: string) =>
      completed.filter((session) => session.user === user)
        .sort((a, b) => a.end! < b.end! ? 1 : a.end! > b.end! ? -1 : a.session < b.session ? -1 : 1)
        .map(({ session }) => session),
    counts: {
      started: started.length,
      completed: completed.length,
      open: started.filter(({ end }) => end === undefined).length,
      inconsistent: started.filter(({ start, end }) => end !== undefined && end < start!).length,
    },
    users: new Set(started.map(({ user }) => user)).size,
    seconds: completed.map(({ start, end }) => (Date.parse(`${end}Z`) - Date.parse(`${start}Z`)) / 1000),
  };
}
