/** Answers that are on their way: how many bytes of them may be held at once for clients that take them slowly. */
import type { Call } from "../route.ts";

/** Bytes from which an answer is counted. Smaller ones fit into what the system buffers for a connection. */
const LARGE = 64 * 1024;

type Asked = Pick<Call, "context" | "services">;

/**
 * Counts the bytes of a large answer until it is sent, or its client has left. To be called before they are read or
 * copied. What fits no more: `overloaded`.
 */
export function holdAnswer(asked: Asked, bytes: number): void {
  if (bytes >= LARGE) take(asked, bytes);
}

/** Counts what an answer holds whose size is not known before it is sent, until it is sent or its client has left. */
export class Hold {
  readonly #asked: Asked;
  #onItsWay = 0;
  #kept = 0;
  #counted = 0;
  #isWatched = false;
  #isOver = false;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Has so many bytes on its way, or more. What fits no more: `overloaded`. */
  atLeast(bytes: number): void {
    if (bytes > this.#onItsWay) this.#count(bytes, this.#kept);
  }

  /** Has so many bytes on its way, and no more. */
  exactly(bytes: number): void {
    this.#count(bytes, this.#kept);
  }

  /** Keeps so many bytes to its end, beside what is on its way. What fits no more: `overloaded`. */
  keep(bytes: number): void {
    this.#count(this.#onItsWay, bytes);
  }

  #count(onItsWay: number, kept: number): void {
    const bytes = onItsWay + kept < LARGE ? 0 : onItsWay + kept;
    if (bytes !== this.#counted) {
      if (this.#isOver || !this.#isSeen()) return;
      this.#asked.services.admission.answers.exchange(this.#counted, bytes);
      this.#counted = bytes;
    }
    this.#onItsWay = onItsWay;
    this.#kept = kept;
  }

  /** Whether it will be known that the answer is sent. */
  #isSeen(): boolean {
    if (this.#isWatched) return true;
    const sent: Promise<void> | undefined = this.#asked.context.env.sent?.();
    if (sent === undefined) return false;
    const end = () => {
      this.#count(0, 0);
      this.#isOver = true;
    };
    sent.then(end, end);
    return this.#isWatched = true;
  }
}

/** Counts what is on its way of an answer without end, which is one message at a time. */
export class Passing {
  #held = 0;

  constructor(readonly asked: Pick<Call, "services">) {}

  /** The message before was taken, and another of so many bytes goes. False: there is no room for it. */
  next(bytes: number): boolean {
    const { answers } = this.asked.services.admission;
    this.end();
    if (bytes < LARGE) return true;
    if (!answers.fits(bytes)) return false;
    answers.take(bytes);
    this.#held = bytes;
    return true;
  }

  end(): void {
    this.asked.services.admission.answers.give(this.#held);
    this.#held = 0;
  }
}

const sizes = new WeakMap<Response, number>();

/** Notes how large an answer is that was made in one piece. */
export function sized(answer: Response, bytes: number): Response {
  if (bytes >= LARGE) sizes.set(answer, bytes);
  return answer;
}

/** Counts an answer whose size was noted. What a write did is done: its answer is not refused. */
export function holdSized(asked: Asked & Pick<Call, "request">, answer: Response): Response {
  const bytes = sizes.get(answer);
  if (bytes !== undefined) take(asked, bytes, asked.request.method !== "GET");
  return answer;
}

function take({ context, services: { admission: { answers } } }: Asked, bytes: number, isDone = false): void {
  const sent: Promise<void> | undefined = context.env.sent?.();
  if (sent === undefined) return;
  if (isDone) answers.takeAnyway(bytes);
  else answers.take(bytes);
  const give = () => answers.give(bytes);
  sent.then(give, give);
}
