/** Who did what with keys, users and data: for those who must find out later. */
import type { AuditEntry, AuditStore } from "../../db/audit.ts";
import { oneLine } from "../one_line.ts";
import { DAY_MS } from "../time.ts";

export type { AuditEntry };

/** How long entries are kept. */
const KEPT_MS = 400 * DAY_MS;
/** Entries that a sweep removes at most. */
const SWEPT = 10_000;
/** Names and paths of users can be long. */
const MAX_LENGTH = 500;

/** The actor of what a command does. */
export const COMMAND_LINE = "command line";

/** The audit log. */
export class Audit {
  constructor(readonly store: AuditStore, readonly clock: () => number) {}

  /** Keeps that an actor did something; resolves when it is durable. */
  async record(actor: string, action: string, subject: string): Promise<void> {
    await this.store.insert({
      at: this.clock(),
      actor,
      action,
      subject: oneLine(subject).slice(0, MAX_LENGTH),
    });
  }

  /** Up to `limit` entries, the newest first; with `before`, those that came before that one. */
  list(limit: number, before = Number.MAX_SAFE_INTEGER): Promise<AuditEntry[]> {
    return this.store.before(before, limit);
  }

  /** Forgets entries that are older than 400 days. */
  async sweep(): Promise<void> {
    await this.store.sweep(this.clock() - KEPT_MS, SWEPT);
  }
}
