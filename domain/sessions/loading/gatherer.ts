/** Gathering events into sessions. */
import { type SessionEvent, toPart } from "../event.ts";
import type { SessionMap } from "../session_map.ts";
import type { EventSink } from "./load.ts";
import type { PlainEvent } from "./plain_event.ts";

/** Takes events that are stored together later, or not at all. */
export class EventGatherer implements EventSink {
  readonly sessions: SessionMap;
  readonly #now: () => number;
  #events = 0;

  /** `now`: milliseconds since the epoch. */
  constructor(sessions: SessionMap, now: () => number) {
    this.sessions = sessions;
    this.#now = now;
  }

  /** How many events it has taken. */
  get events(): number {
    return this.#events;
  }

  add(event: SessionEvent): void {
    this.sessions.add(toPart(event), this.#now());
    this.#events++;
  }

  addPlain(event: PlainEvent): void {
    this.sessions.addPlain(event, this.#now());
    this.#events++;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}
