/** Storing events without end: the more of them are stored at a time, the less each costs. */
import { PartsMerger, type SessionPart } from "../../db/session_parts.ts";
import type { SessionStore } from "../../db/sessions.ts";
import { type SessionEvent, UNKNOWN_COUNTRY } from "./event.ts";
import type { EventSink } from "./load.ts";

/** How much a loader does at a time. */
export interface LoaderOptions {
  /** Sessions that are gathered at most while others are being stored. */
  readonly gathered: number;
  /** Sessions in one transaction. */
  readonly committed: number;
  /** Called after each transaction with the events that are durable so far. */
  onStored?(events: number): void;
}

/**
 * Gathers events into sessions and stores these, piece by piece: what comes while a piece is being stored is the next.
 * What was stored before a failure stays.
 */
export class SessionLoader implements EventSink {
  #gathered = new PartsMerger();
  #events = 0;
  #stored = 0;
  #storing: Promise<void> | undefined;

  constructor(readonly store: SessionStore, readonly options: LoaderOptions) {}

  async add(events: readonly SessionEvent[]): Promise<void> {
    for (const event of events) this.#gathered.add(toPart(event));
    this.#events += events.length;
    const { gathered, committed } = this.options;
    const isIdle = this.#storing === undefined;
    if (this.#gathered.size >= (isIdle ? committed : gathered)) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#storing;
  }

  async #flush(): Promise<void> {
    await this.#storing;
    const gathered = this.#gathered, events = this.#events;
    this.#gathered = new PartsMerger();
    this.#events = 0;
    const storing = this.#storing = this.#storePiece(gathered, events);
    // After a failure it stays, so that whoever comes next hears of it.
    storing.then(() => {
      if (this.#storing === storing) this.#storing = undefined;
    }, () => {});
  }

  async #storePiece(gathered: PartsMerger, events: number): Promise<void> {
    const { committed, onStored } = this.options, before = this.#stored;
    let sessions = 0;
    await this.store.storeInPieces(gathered, committed, (count) => {
      sessions += count;
      this.#stored = before + Math.round(events * sessions / gathered.size);
      onStored?.(this.#stored);
    });
  }
}

/** What an event tells of its session. */
export function toPart({ user_id, session_id, event, ts, country }: SessionEvent): SessionPart {
  const isStart = event === "start";
  return {
    userId: user_id,
    sessionId: session_id,
    country: isStart ? country ?? UNKNOWN_COUNTRY : null,
    start: isStart ? ts : null,
    end: isStart ? null : ts,
  };
}
