/** What the main thread and a database worker say to each other. */
import type { EngineFailure, Result, Statement } from "./engine.ts";

/** Where the database is and how a worker opens it. */
export interface WorkerOptions {
  /** Path of the database file, or `:memory:`. */
  readonly path: string;
  /**
   * `writer` owns the one connection that changes the file; `reader` only reads; `copier` works on a file as a whole;
   * `replica` only keeps a copy of its primary's database up to date: on such a connection a statement keeps the values
   * that it was first bound to, and answers for those ever after (https://github.com/tursodatabase/libsql/issues/2135).
   */
  readonly role: "writer" | "reader" | "copier" | "replica";
  /** The primary of a replica. */
  readonly sync?: { readonly url: string; readonly authToken?: string };
}

/** Statements of one transaction, which only reads where the worker is no writer. */
export interface Transaction {
  readonly id: number;
  readonly statements: readonly Statement[];
  /** As in `WriteOptions`. */
  readonly mayBeLost?: boolean | undefined;
}

/** What a worker is asked. `id` comes back with its answer. */
export type WorkerRequest =
  | Transaction
  | { readonly id: number; readonly alone: Statement }
  | { readonly id: number; readonly sync: true }
  | { readonly id: number; readonly close: true };

/**
 * The answer to the request with that `id`; `id` 0 answers the opening itself. `isShared` says of a writer's transaction
 * that another process wrote since the one before.
 */
export type WorkerResponse =
  | { readonly id: number; readonly results: Result[]; readonly isShared?: boolean }
  | { readonly id: number; readonly failure: EngineFailure; readonly message: string };
