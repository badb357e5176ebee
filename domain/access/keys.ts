/** API keys: who may do what. A database without keys is open to whoever reaches the process. */
import { createHash, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { KeyRow, KeyStore } from "../../db/keys.ts";
import { AREA_NAMES, type AreaName } from "../areas.ts";
import { invalid, RunnelError } from "../errors.ts";
import type { Poll } from "../live/poll.ts";
import { HOUR_MS } from "../time.ts";

/** What a key may be allowed: reading or writing one area, reading how the process does, or everything (`admin`). */
export type Scope = `${AreaName}:${"read" | "write"}` | "metrics:read" | "admin";

export const SCOPES: readonly Scope[] = [
  ...AREA_NAMES.flatMap((area): Scope[] => [`${area}:read`, `${area}:write`]),
  "metrics:read",
  "admin",
];

/** Who is let in without a key, as far as the connection and the settings say. */
export type Admission = "everybody" | "this-machine" | "nobody";

/** How long the list of keys is trusted: a key that is made or revoked elsewhere counts within this time. */
const KEYS_MAX_AGE_MS = 500;

/** A key, and when the secret that leads to it ends. */
interface KnownKey {
  readonly key: KeyRow;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** All keys of a database. */
export class ApiKeys {
  #byHash: ReadonlyMap<string, KnownKey> = new Map();
  /** The hour of the last use of each key, as far as it is written or being written. */
  readonly #usedAt = new Map<string, number>();
  /** Whether there ever was a key: from then on nobody comes in without one. */
  #existed = false;
  readonly #watchers = new Set<() => void>();
  #leavePoll: (() => void) | undefined;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #mark: string | undefined;

  constructor(readonly store: KeyStore, readonly poll: Poll, readonly clock: () => number) {}

  /** True when there is a key, or ever was one, so that every request must show one. */
  async exist(): Promise<boolean> {
    await this.refresh();
    return this.#existed;
  }

  /** The last answer of `exist`. */
  get required(): boolean {
    return this.#existed;
  }

  /** Whether the list of keys is recent enough for `check`. */
  get isFresh(): boolean {
    const age = this.clock() - this.#readAt;
    // A negative age: the clock was set back.
    return age >= 0 && age < KEYS_MAX_AGE_MS;
  }

  /** Reads the list of keys again, once for all who ask at the same time. */
  refresh(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  /** Reads the list of keys by a read that begins now, so that it holds whatever was committed before. */
  async readAnew(): Promise<void> {
    await this.#reading?.catch(() => {});
    await this.refresh();
  }

  /** A text that is another when any key has changed; undefined: they were never read, or are many. */
  get mark(): string | undefined {
    return this.#mark;
  }

  /** Notes that the keys had a mark at a time, in milliseconds since the epoch. */
  confirm(mark: string, at: number): void {
    if (mark === this.#mark) this.#readAt = Math.max(this.#readAt, at);
  }

  /**
   * Refuses a key that does not exist or has expired (`unauthorized`) or lacks the scope (`forbidden`). While there is
   * no key, `admits` says who needs none: everybody, or, as long as there never was a key, those of this machine.
   * `shown` is not asked for the secret then. The caller sees to it that the list is fresh.
   */
  check(shown: () => string | undefined, scope: Scope, admits: () => Admission): void {
    if (this.#byHash.size === 0) {
      const who = admits();
      if (who === "everybody" || (who === "this-machine" && !this.#existed)) return;
      if (this.#existed) {
        throw new RunnelError("unauthorized", "the last API key was revoked: make one (runnel keys add)");
      }
      throw new RunnelError(
        "unauthorized",
        "there is no API key yet: make one (runnel keys add), or set ALLOW_ANONYMOUS=true",
      );
    }
    const secret = shown();
    if (secret === undefined) {
      throw new RunnelError("unauthorized", "send an API key: Authorization: Bearer KEY");
    }
    // Only hashes are compared, so the time that it takes tells nothing about a key.
    const known = this.#byHash.get(hashOf(secret));
    if (known === undefined) throw new RunnelError("unauthorized", "this API key does not exist");
    const { key, until } = known, now = this.clock();
    if (until <= now) {
      throw new RunnelError("unauthorized", `the API key ${key.name} has expired`);
    }
    if (!key.scopes.includes(scope) && !key.scopes.includes("admin")) {
      throw new RunnelError("forbidden", `the API key ${key.name} lacks the scope ${scope}`);
    }
    if (now - (this.#usedAt.get(key.name) ?? key.usedAt ?? 0) >= HOUR_MS) this.#noteUse(key.name, now);
  }

  /** Written beside the request, which does not wait for it. What cannot be written is tried again at the next use. */
  #noteUse(name: string, now: number): void {
    const hour = now - now % HOUR_MS;
    this.#usedAt.set(name, hour);
    this.store.noteUse(name, hour).catch(() => this.#usedAt.delete(name));
  }

  /** Whether `check` would let that secret in. */
  allows(secret: string | undefined, scope: Scope, admission: Admission): boolean {
    try {
      this.check(() => secret, scope, () => admission);
      return true;
    } catch (error) {
      if (error instanceof RunnelError) return false;
      throw error;
    }
  }

  /** The name of the key with that secret; undefined: there is none. */
  nameOf(secret: string | undefined): string | undefined {
    return secret === undefined ? undefined : this.#byHash.get(hashOf(secret))?.key.name;
  }

  /** Makes a key and answers its secret, which cannot be read again. Name taken: `invalid-request`. */
  async add(name: string, scopes: readonly Scope[], expiresAt: number | null): Promise<string> {
    const secret = newSecret();
    if (
      !await this.store.insert({ hash: hashOf(secret), name, scopes, createdAt: this.clock(), expiresAt })
    ) {
      throw invalid(`a key named ${name} exists already`);
    }
    await this.#changed();
    return secret;
  }

  /**
   * Gives a key another secret and answers it; the one before is good for `graceMillis` more. An unknown name, or a key
   * that has expired: `invalid-request`.
   */
  async rotate(name: string, graceMillis: number): Promise<string> {
    const key = (await this.list()).find((key) => key.name === name), now = this.clock();
    if (key === undefined) throw invalid(`there is no key named ${name}`);
    if (key.expiresAt !== null && key.expiresAt <= now) {
      throw invalid(`the key ${name} has expired: make another`);
    }
    const secret = newSecret();
    await this.store.rotate(name, hashOf(secret), now + graceMillis);
    await this.#changed();
    return secret;
  }

  /** All keys that can be used, by name. */
  async list(): Promise<KeyRow[]> {
    return (await this.store.all()).filter((key) => !key.isRevoked);
  }

  /** Calls back once, within a second, when `check` would let that secret in no more. Answers how to stop watching. */
  watch(secret: string | undefined, scope: Scope, admission: Admission, onInvalid: () => void): () => void {
    const look = () => {
      if (this.allows(secret, scope, admission)) return;
      stop();
      onInvalid();
    };
    const stop = () => {
      this.#watchers.delete(look);
      if (this.#watchers.size > 0) return;
      this.#leavePoll?.();
      this.#leavePoll = undefined;
    };
    this.#watchers.add(look);
    this.#leavePoll ??= this.poll.join(async () => {
      await this.refresh().catch(() => {});
      this.#tellWatchers();
    });
    return stop;
  }

  #tellWatchers(): void {
    for (const look of [...this.#watchers]) look();
  }

  /** Makes a key useless. False when there was none of that name. */
  async revoke(name: string): Promise<boolean> {
    const removed = await this.store.revoke(name, this.clock());
    await this.#changed();
    return removed;
  }

  /** What was just committed holds in this process at once, also when it cannot be read at once. */
  async #changed(): Promise<void> {
    // One that began before may have missed it.
    await this.#reading?.catch(() => {});
    this.#readAt = -Infinity;
    this.#mark = undefined;
    await this.refresh();
    this.#tellWatchers();
  }

  async #read(): Promise<void> {
    const readAt = this.clock();
    const { keys, mark } = await this.store.marked();
    this.#mark = mark;
    this.#byHash = new Map(keys.filter((key) => !key.isRevoked).flatMap(secretsOf));
    this.#existed = keys.length > 0;
    this.#readAt = readAt;
  }
}

/** The secrets that lead to a key, by their hashes. */
function secretsOf(key: KeyRow): [string, KnownKey][] {
  const until = key.expiresAt ?? Infinity;
  const current: [string, KnownKey] = [key.hash, { key, until }];
  if (key.previous === null) return [current];
  return [current, [key.previous.hash, { key, until: Math.min(until, key.previous.until) }]];
}

function newSecret(): string {
  return `rnl_${randomBytes(32).toString("base64url")}`;
}

/** Hashing costs more than the rest of the gate, and most requests show a key that others showed before. */
const hashes = new LRUCache<string, string>({ max: 1_000 });

function hashOf(secret: string): string {
  let hash = hashes.get(secret);
  if (hash === undefined) hashes.set(secret, hash = createHash("sha256").update(secret).digest("hex"));
  return hash;
}
