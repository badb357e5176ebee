/** How many requests a minute an API key may send, and an address that shows none. */
import ipaddr from "ipaddr.js";
import { RunnelError } from "../../domain/errors.ts";

const WINDOW_MS = 60_000;
/** Clients that are counted in a minute, each by itself; further ones share one count. */
const MOST_CLIENTS = 100_000;

/** Requests a minute; 0: as many as they like. */
export interface RateLimits {
  readonly perKey: number;
  readonly perAddress: number;
}

/** Who has sent a request, as far as it is counted. */
export interface Client {
  /** Name of its API key, if it has shown one that exists. */
  readonly key: string | undefined;
  readonly address: string | undefined;
  /** Whether it asks from this machine: without a key it is not counted then. */
  readonly isLocal: boolean;
}

/** Counts requests in windows of a minute, all clients in the same one. */
export class Rates {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  #counts = new Map<string, number>();
  #end = -Infinity;

  /** `now`: milliseconds of a clock that is never set back. */
  constructor(limits: RateLimits, now = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get isOff(): boolean {
    return this.#limits.perKey === 0 && this.#limits.perAddress === 0;
  }

  /**
   * Counts a request. Answers the headers of its answer (draft-ietf-httpapi-ratelimit-headers-10), none for whom there is
   * no limit; with `refusal` (`rate-limited`) when it is one too many.
   */
  count({ key, address, isLocal }: Client): {
    readonly headers?: Record<string, string>;
    readonly refusal?: RunnelError;
  } {
    const [policy, limit] = key !== undefined
      ? ["key", this.#limits.perKey] as const
      : ["address", isLocal ? 0 : this.#limits.perAddress] as const;
    if (limit === 0) return {};
    const now = this.#now();
    if (now >= this.#end) {
      this.#counts = new Map();
      this.#end = now + WINDOW_MS;
    }
    const used = this.#use(`${policy} ${key ?? networkOf(address)}`);
    const seconds = Math.ceil((this.#end - now) / 1000);
    const headers = {
      "RateLimit-Policy": `"${policy}";q=${limit};w=${WINDOW_MS / 1000}`,
      "RateLimit": `"${policy}";r=${Math.max(0, limit - used)};t=${seconds}`,
    };
    if (used <= limit) return { headers };
    const detail = `at most ${limit} requests a minute: try again in ${seconds} seconds`;
    return { headers, refusal: new RunnelError("rate-limited", detail, [], { retryAfter: seconds }) };
  }

  #use(client: string): number {
    const counted = this.#counts.has(client) || this.#counts.size < MOST_CLIENTS ? client : "others";
    const used = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, used);
    return used;
  }
}

/** An IPv4 address, or the first half of an IPv6 address: a subscriber has 2^64 of those. */
function networkOf(address = "unknown"): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}
