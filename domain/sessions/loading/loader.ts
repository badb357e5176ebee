/** Storing events without end: the more of them are stored at a time, the less each costs. */
import type { SessionEvent } from "../event.ts";
import type { EventGatherer } from "./gatherer.ts";
import type { EventSink } from "./load.ts";
import type { PlainEvent } from "./plain_event.ts";

const MAX_PIECES = 2;

/** Where a loader puts what it has gathered. */
export interface LoaderTarget {
  gather(): EventGatherer;
  /** Resolves when the events are durable. */
  store(gathered: EventGatherer): Promise<void>;
  /** Resolves when what was put off has been done. */
  settle(): Promise<void>;
}

/** How much a loader does at a time. */
export interface LoaderOptions {
  /** Sessions in one commit. */
  readonly committed: number;
  /** Whether the end waits for the runs that are made of what was stored, as a program does that ends then. */
  readonly settles?: boolean;
  /** Called after each commit with the events that are durable so far. */
  onStored?(events: number): void;
}

/**
 * Gathers events into sessions and stores these, piece by piece: what comes while a piece is being stored is the next.
 * What was stored before a failure stays.
 */
export class SessionLoader implements EventSink {
  #gathered: EventGatherer;
  #stored = 0;
  /** At most two pieces: one in the database, one queued. A rejected one stays, so the next wait throws. */
  readonly #pieces: Promise<void>[] = [];

  constructor(readonly target: LoaderTarget, readonly options: LoaderOptions) {
    this.#gathered = target.gather();
  }

  add(event: SessionEvent): void {
    this.#gathered.add(event);
  }

  addPlain(event: PlainEvent): void {
    this.#gathered.addPlain(event);
  }

  async ready(): Promise<void> {
    if (this.#gathered.sessions.size >= this.options.committed) await this.#flush();
  }

  async end(): Promise<void> {
    if (this.#gathered.sessions.size > 0) await this.#flush();
    while (this.#pieces.length > 0) await this.#pieces[0];
    if (this.options.settles) await this.target.settle();
  }

  async #flush(): Promise<void> {
    while (this.#pieces.length >= MAX_PIECES) await this.#pieces[0];
    const piece = this.#store(this.#gathered);
    this.#gathered = this.target.gather();
    this.#pieces.push(piece);
    piece.then(() => this.#pieces.shift(), () => {});
  }

  async #store(gathered: EventGatherer): Promise<void> {
    await this.target.store(gathered);
    this.options.onStored?.(this.#stored += gathered.events);
  }
}
