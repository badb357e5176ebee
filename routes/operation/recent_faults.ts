/** The last answers that were our fault, for whoever looks for the id of a request. */
import { describeError, type RunnelError } from "../../domain/errors.ts";

const MOST_FAULTS = 100;
const MOST_LENGTH = 1_000;

/** One of them. */
export interface Fault {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly requestId: string;
  readonly request: string;
  readonly code: string;
  readonly cause: string;
}

/** At most a hundred of them. */
export class RecentFaults {
  readonly #faults: Fault[] = [];

  add(time: number, requestId: string, request: string, { code, message, cause }: RunnelError): void {
    const why = cause === undefined ? message : describeError(cause);
    this.#faults.push({
      time,
      requestId,
      request: request.slice(0, MOST_LENGTH),
      code,
      cause: why.slice(0, MOST_LENGTH),
    });
    if (this.#faults.length > MOST_FAULTS) this.#faults.shift();
  }

  /** The newest first. */
  list(): Fault[] {
    return this.#faults.toReversed();
  }
}
