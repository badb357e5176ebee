/**
 * How much of what clients send may be under way at once: one budget of bytes for those who have shown a key, small ones
 * for everybody else, and for how long nothing may come.
 */
import { Slots } from "../../db/slots.ts";
import { RunnelError } from "../../domain/errors.ts";
import { Semaphore } from "../../domain/short_steps.ts";

const KIB = 1 << 10, MIB = 1 << 20;
/** Pages of lists that are read and written at once. */
const PAGES_AT_ONCE = 8;
/** How long a client may send or read nothing. */
const IDLE_MS = 30_000;
/** How often clients are looked at in that time. */
const LOOKS = 10;
/** The slot of who waits no more. */
const STOPPED = -1;

/** Bytes that may be held at once by many. */
export class ByteBudget {
  #used = 0;

  constructor(readonly max: number) {}

  /** Whether so many bytes may be taken: any number of them while nobody else holds any. */
  fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.max;
  }

  /** Takes bytes until they are given back. `overloaded`: others hold so many that these do not fit. */
  take(bytes: number): void {
    this.exchange(0, bytes);
  }

  /** Takes bytes instead of those that were taken. `overloaded`: nothing is changed. */
  exchange(taken: number, bytes: number): void {
    this.#used -= taken;
    if (bytes <= taken || this.fits(bytes)) {
      this.#used += bytes;
      return;
    }
    this.#used += taken;
    throw new RunnelError("overloaded", "more bytes are under way than can be held: try again");
  }

  /** Takes them however many others hold: for what cannot be refused any more. */
  takeAnyway(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

interface Waiting {
  /** The look at which it began, or was touched last. */
  since: number;
  slot: number;
  readonly end: () => void;
}

/** Ends what waits for a client that sends or reads nothing. Looks at all of them at once, with one timer. */
export class Patience {
  readonly #waiting = new Slots<Waiting>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #look = 0;

  constructor(closing: AbortSignal, readonly millis = IDLE_MS) {
    closing.addEventListener("abort", () => this.#rest(), { once: true });
  }

  /** Calls `end`, once, when the time passes before the answered function was called; that function says what to do next. */
  wait(end: () => void): { readonly touch: () => void; readonly stop: () => void } {
    const waiting = { since: this.#look, slot: 0, end };
    waiting.slot = this.#waiting.add(waiting);
    this.#timer ??= setInterval(() => this.#endLate(), this.millis / LOOKS);
    return {
      touch: () => waiting.since = this.#look,
      // The timer goes on until a look finds nothing: starting it costs more than a small body.
      stop: () => this.#stop(waiting),
    };
  }

  /** Once: its slot may have been given to another. */
  #stop(waiting: Waiting): void {
    if (waiting.slot === STOPPED) return;
    this.#waiting.delete(waiting.slot);
    waiting.slot = STOPPED;
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #endLate(): void {
    if (this.#waiting.size === 0) return this.#rest();
    this.#look++;
    for (const waiting of this.#waiting) {
      // One look more than the time has: the first comes at any moment of its period.
      if (this.#look - waiting.since <= LOOKS) continue;
      this.#stop(waiting);
      waiting.end();
    }
  }
}

/** What the bodies of some clients may take. */
export interface Bodies {
  /** Largest body, whatever its route allows. */
  readonly largest: number;
  readonly budget: ByteBudget;
  readonly patience: Patience;
  /** Aborted when the server stops, which cuts bodies off. */
  readonly closing: AbortSignal;
}

/** A request, and what its body may take. */
export interface Sender {
  readonly request: Request;
  readonly bodies: Bodies;
}

/** How much may be under way. */
export interface AdmissionOptions {
  /** Bytes of all bodies that are being read together, of those who have shown a key. */
  readonly maxBodyBytes: number;
  /** Bytes of all large answers that are being sent. */
  readonly maxAnswerBytes: number;
  /** How long a client may send or read nothing; 30 seconds unless given. */
  readonly idleMillis?: number | undefined;
  readonly closing: AbortSignal;
}

/** What is let in, by who sends it. */
export class Admission {
  /** Who has shown a key, or needs none. */
  readonly known: Bodies;
  /** Who has shown nothing: 256 of the largest bodies at once. */
  readonly strangers: Bodies;
  /** Chat systems, whose signature or token is in the body itself, and forms of the dashboard. */
  readonly webhooks: Bodies;
  /** Answers, of everybody. */
  readonly answers: ByteBudget;
  /** For pieces of lists, of which each has a page of rows in memory while it is made. */
  readonly pages = new Semaphore(PAGES_AT_ONCE);

  constructor({ maxBodyBytes, maxAnswerBytes, idleMillis, closing }: AdmissionOptions) {
    this.answers = new ByteBudget(maxAnswerBytes);
    const patience = new Patience(closing, idleMillis);
    const bodies = (largest: number, bytes: number): Bodies => ({
      largest,
      budget: new ByteBudget(bytes),
      patience,
      closing,
    });
    this.known = bodies(Infinity, maxBodyBytes);
    this.strangers = bodies(16 * KIB, 4 * MIB);
    this.webhooks = bodies(MIB, 16 * MIB);
  }
}
