/**
 * How long a call of a server may take. A long statement and a server that hangs look alike from outside, so a call
 * that has no answer yet makes this process ask the server for a trifle: as long as that is answered the call may go
 * on, up to its limit. A server that does not answer is away: every call is refused at once until it answers again.
 */
import { EngineError } from "../engine.ts";
import type { Answer, Call } from "./exchange.ts";

/** After so long without an answer the server is asked whether it lives, and how long that may take: together below 2 s. */
const PATIENCE_MS = 500, PROBE_MS = 1_200, PROBE_TICKS = 24;
/** No statement takes longer than this. */
const LIMIT_MS = 60_000;
/** How often a server that is away is asked. */
const AWAY_MS = 500;
/** The end of an address that takes statements; see https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md. */
const PIPELINE = "v2/pipeline";

/** What a server is asked to see whether it lives. */
const TRIFLES = {
  read: "SELECT 1",
  // A replica passes it on to its primary, which refuses the name at once, without a lock: any answer is one.
  write: "CREATE TABLE IF NOT EXISTS sqlite_schema (x)",
} as const;

/** Sends the calls of one kind to one server. */
export class Patience {
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly #trifle: string;
  #probing: Promise<boolean> | undefined;
  #away: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(url: string, authToken: string | undefined, kind: keyof typeof TRIFLES) {
    this.#trifle = JSON.stringify({
      requests: [{ type: "execute", stmt: { sql: TRIFLES[kind] } }, { type: "close" }],
    });
    this.#address = new URL(PIPELINE, url.replace(/^libsql:/, "https:").replace(/\/?(\?.*)?$/, "/")).href;
    this.#headers = {
      "Content-Type": "application/json",
      ...(authToken !== undefined && { Authorization: `Bearer ${authToken}` }),
    };
  }

  /** The whole answer to a call. Fails with `unavailable` within 2 s when the server hangs. */
  async send({ url, method, headers, body }: Call): Promise<Answer> {
    if (this.#away !== undefined) throw away();
    const limit = new AbortController();
    const began = Date.now();
    const watch = setInterval(async () => {
      if (Date.now() - began > LIMIT_MS) {
        limit.abort(new EngineError("unavailable", `a statement took longer than ${LIMIT_MS} ms`));
      } else if (!await this.#answers()) limit.abort(away());
    }, PATIENCE_MS);
    try {
      const { signal } = limit;
      const response = await fetch(url, { method, headers, signal, ...(body !== undefined && { body }) });
      // Read here, under the limit: an answer can stop in its middle, too.
      const text = await response.text();
      return { status: response.status, type: response.headers.get("content-type"), text };
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason;
      throw new EngineError("unavailable", `the database server: ${error}`, { cause: error });
    } finally {
      clearInterval(watch);
    }
  }

  /** Stops asking. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#away);
  }

  #answers(): Promise<boolean> {
    return this.#probing ??= this.#probe().finally(() => this.#probing = undefined);
  }

  async #probe(): Promise<boolean> {
    // Counted in turns of this process, too: while it is busy itself, no answer can be heard.
    const late = new AbortController();
    let ticks = 0;
    const ticking = setInterval(() => ++ticks === PROBE_TICKS && late.abort(), PROBE_MS / PROBE_TICKS);
    const isThere = await fetch(this.#address, {
      method: "POST",
      headers: this.#headers,
      body: this.#trifle,
      signal: late.signal,
    }).then((answer) => answer.text()).then(() => true, () => false).finally(() => clearInterval(ticking));
    clearTimeout(this.#away);
    this.#away = isThere || this.#isClosed ? undefined : this.#askLater();
    return isThere;
  }

  #askLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => this.#answers(), AWAY_MS);
    Deno.unrefTimer(Number(timer));
    return timer;
  }
}

function away(): EngineError {
  return new EngineError("unavailable", "the database server does not answer");
}
