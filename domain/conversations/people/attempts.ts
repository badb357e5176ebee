/**
 * Wrong passwords are counted, so that nobody can try many; and by who tries, so that nobody who guesses locks another out.
 * Who shows a device that has logged in with that name is only counted by that device; who comes from an address from which
 * that name has logged in, by both together. Others are counted by name and address, by name, and by address.
 */
import { createHash } from "node:crypto";
import type { AttemptStore } from "../../../db/conversations/attempts.ts";
import { RunnelError } from "../../errors.ts";
import { DAY_MS } from "../../time.ts";

const WINDOW_MS = 10 * 60_000;
/** How long an address is known after a login. */
const KNOWN_MS = 30 * DAY_MS;
/** So many wrong passwords within the window: of one device, of one name at one address; of a name, of an address. */
const LIMITS = { device: 10, pair: 10, name: 50, address: 50 };

/** Somebody who tries a password. */
export interface Attempt {
  readonly name: string;
  readonly address: string | undefined;
  /** The device, when it has logged in with that name before. */
  readonly device: string | undefined;
}

/** The wrong passwords of the last ten minutes, of all processes. */
export class LoginAttempts {
  constructor(readonly store: AttemptStore, readonly clock: () => number) {}

  /**
   * Counts an attempt as wrong until it turns out right, so that many at once are not let through. Too many already:
   * `too-many-attempts`. Answers what to call when it was not a wrong password.
   */
  async begin(attempt: Attempt): Promise<() => Promise<void>> {
    const now = this.clock();
    const limits = await this.#limitsOf(attempt, now);
    const ids = await this.store.countWrong(limits.map(([key]) => key), now);
    const blocks = await this.store.blocks(limits, now - WINDOW_MS, Math.min(...ids));
    if (blocks.length === 0) return () => this.store.forgive(ids);
    await this.store.forgive(ids);
    const seconds = Math.ceil((Math.max(...blocks) + WINDOW_MS - now) / 1000);
    throw new RunnelError(
      "too-many-attempts",
      `too many wrong passwords: try again in ${seconds} seconds`,
      [],
      { retryAfter: seconds },
    );
  }

  /** Keeps that the name has logged in from that address. */
  async succeeded({ name, address }: Attempt): Promise<void> {
    if (address !== undefined) await this.store.know(keyOf("pair", name, address), this.clock());
  }

  /** Forgets what no longer counts. */
  sweep(): Promise<void> {
    const now = this.clock();
    return this.store.sweep(now - WINDOW_MS, now - KNOWN_MS);
  }

  async #limitsOf({ name, address = "", device }: Attempt, now: number): Promise<[string, number][]> {
    if (device !== undefined) return [[keyOf("device", device), LIMITS.device]];
    const pair = keyOf("pair", name, address);
    const known: [string, number][] = [[pair, LIMITS.pair]];
    if (await this.store.isKnown(pair, now - KNOWN_MS)) return known;
    const others: [string, number][] = [[keyOf("name", name), LIMITS.name]];
    if (address !== "") others.push([keyOf("address", address), LIMITS.address]);
    return [...known, ...others];
  }
}

function keyOf(...parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
