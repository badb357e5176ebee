/** Where commands write, and what they work on: given by main.ts, so that tests can give their own. */
import type { DomainServices } from "../domain/services.ts";

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Asks for a line that is not shown while it is typed; without a terminal it is the first line of stdin. */
  readPassword(question: string): Promise<string>;
  /** Opens the configured database for the time of `use`. */
  withServices<T>(use: (services: DomainServices) => Promise<T>): Promise<T>;
}
