/** API keys: who may do what. A database without keys is open to whoever reaches the process. */
import { createHash, randomBytes } from "node:crypto";
import type { KeyRow, KeyStore } from "../../db/keys.ts";
import { AREA_NAMES, type AreaName } from "../areas.ts";
import { RunnelError } from "../errors.ts";

/** What a key may be allowed: reading or writing one area, or everything (`admin`). */
export type Scope = `${AreaName}:${"read" | "write"}` | "admin";

export const SCOPES: readonly Scope[] = [
  ...AREA_NAMES.flatMap((area): Scope[] => [`${area}:read`, `${area}:write`]),
  "admin",
];

/** How long the list of keys is trusted: a key that is made or revoked elsewhere counts within this time. */
const KEYS_MAX_AGE_MS = 500;

/** All keys of a database. */
export class ApiKeys {
  #byHash: ReadonlyMap<string, KeyRow> = new Map();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(readonly store: KeyStore, readonly clock: () => number) {}

  /** True when there is at least one key, so that every request must show one. */
  async exist(): Promise<boolean> {
    await this.refresh();
    return this.#byHash.size > 0;
  }

  /** The last answer of `exist`. */
  get required(): boolean {
    return this.#byHash.size > 0;
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

  /**
   * Refuses a key that does not exist or has expired (`unauthorized`) or lacks the scope (`forbidden`). While there is
   * no key at all, `anonymous` decides, and `shown` is not asked for the secret. The caller sees to it that the list is fresh.
   */
  check(shown: () => string | undefined, scope: Scope, anonymous: boolean): void {
    if (this.#byHash.size === 0) {
      if (anonymous) return;
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
    const key = this.#byHash.get(hashOf(secret));
    if (key === undefined) throw new RunnelError("unauthorized", "this API key does not exist");
    if (key.expiresAt !== null && key.expiresAt <= this.clock()) {
      throw new RunnelError("unauthorized", `the API key ${key.name} has expired`);
    }
    if (!key.scopes.includes(scope) && !key.scopes.includes("admin")) {
      throw new RunnelError("forbidden", `the API key ${key.name} lacks the scope ${scope}`);
    }
  }

  /** Makes a key and answers its secret, which cannot be read again. Name taken: `invalid-request`. */
  async add(name: string, scopes: readonly Scope[], expiresAt: number | null): Promise<string> {
    const secret = `rnl_${randomBytes(32).toString("base64url")}`;
    const row = { hash: hashOf(secret), name, scopes, createdAt: this.clock(), expiresAt };
    if (!await this.store.insert(row)) {
      throw new RunnelError("invalid-request", `a key named ${name} exists already`);
    }
    await this.refresh();
    return secret;
  }

  /** All keys, by name. */
  list(): Promise<KeyRow[]> {
    return this.store.all();
  }

  /** Makes a key useless. False when there was none of that name. */
  async revoke(name: string): Promise<boolean> {
    const removed = await this.store.remove(name);
    await this.refresh();
    return removed;
  }

  async #read(): Promise<void> {
    const readAt = this.clock();
    const keys = await this.store.all();
    this.#byHash = new Map(keys.map((key) => [key.hash, key]));
    this.#readAt = readAt;
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
