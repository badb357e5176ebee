/** Where commands read and write, and what they work on: given by main.ts, so that tests can give their own. */
import type { DomainServices } from "../../domain/services.ts";

export interface Terminal {
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Whether people read what is written: then it is tables and sentences, else what programs read. */
  readonly isTerminal: boolean;
  /** All of a file; `-`: of the standard input. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Where the configured database is. */
  readonly databaseUrl: string;
  /** API key for commands that talk to a server, where none is given. */
  readonly apiKey: string | undefined;
  /** Asks for a line that is not shown while it is typed; without a terminal it is the first line of stdin. */
  readPassword(question: string): Promise<string>;
  /** Opens the configured database for the time of `use`. */
  withServices<T>(use: (services: DomainServices) => Promise<T>): Promise<T>;
}
