/** Storing events without end: the more of them are stored at a time, the less each costs. */
import { PartsMerger, type SessionPart } from "../../db/sessions/parts.ts";
import type { SessionStore } from "../../db/sessions/sessions.ts";
import { type SessionEvent, UNKNOWN_COUNTRY } from "./event.ts";
import type { EventSink } from "./load.ts";

const MAX_PIECES = 2;

/** How much a loader does at a time. */
export interface LoaderOptions {
  /** Sessions that are gathered at most while others are stored. */
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
  /** At most two pieces: one in the database, one queued. A rejected one stays, so the next wait throws. */
  readonly #pieces: Promise<void>[] = [];

  constructor(readonly store: SessionStore, readonly options: LoaderOptions) {}

  async add(events: readonly SessionEvent[]): Promise<void> {
    for (const event of events) this.#gathered.add(toPart(event));
    this.#events += events.length;
    const { gathered, committed } = this.options;
    if (this.#gathered.size >= (this.#pieces.length < MAX_PIECES ? committed : gathered)) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#pieces.at(-1);
  }

  async #flush(): Promise<void> {
    while (this.#pieces.length >= MAX_PIECES) await this.#pieces[0];
    const piece = this.#store(this.#gathered, this.#events, this.#pieces.at(-1));
    this.#gathered = new PartsMerger();
    this.#events = 0;
    this.#pieces.push(piece);
    piece.then(() => this.#pieces.shift(), () => {});
  }

  async #store(gathered: PartsMerger, events: number, after: Promise<void> | undefined): Promise<void> {
    const { committed, onStored } = this.options;
    let sessions = 0, told = 0;
    await this.store.storeInPieces(gathered, committed, after, (count) => {
      sessions += count;
      const stored = Math.round(events * sessions / gathered.size);
      this.#stored += stored - told;
      told = stored;
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
