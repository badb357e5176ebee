/** What the kill trial writes into each area beside channels' single items, and what must be there afterwards. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import type { Database } from "../../db/open.ts";

/** One area under trial. A write that was acknowledged resolves; one that was not rejects when the process is gone. */
export interface AreaTrial {
  readonly name: string;
  /** Acknowledged writes so far. */
  acknowledgedWrites: number;
  /** Before the first kill. */
  prepare(url: string): Promise<void>;
  /** One write after another, by one connection. */
  write(url: string, client: Deno.HttpClient): Promise<void>;
  /** After a restart: sends again what was not acknowledged, and fails when something is lost or doubled. */
  check(url: string, database: Database): Promise<void>;
}

const LINES = 5;
const BULK = "/channel/bulked", WORKER = `${BULK}/consumers/worker`;

/** All areas, with nothing written yet. */
export function areaTrials(): AreaTrial[] {
  return [new BulkTrial(), new ProfileTrial(), new SessionTrial(), new SeriesTrial(), new MessageTrial()];
}

async function call(method: string, url: string, body: unknown, client?: Deno.HttpClient) {
  const response = await fetch(url, {
    method,
    ...(body !== undefined &&
      { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    ...(client !== undefined && { client }),
  });
  const text = await response.text();
  ok(response.ok, `${method} ${url}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** Bulk with idempotency keys, and a worker whose acknowledgements must hold. */
class BulkTrial implements AreaTrial {
  readonly name = "bulk, consumers";
  acknowledgedWrites = 0;
  readonly #sent = new Set<string>();
  readonly #acknowledged = new Set<string>();
  /** Ids that the worker acknowledged, and was told so. */
  readonly #done = new Set<string>();
  /** Line → id of each item that the worker was ever given. */
  readonly #given = new Map<string, string>();
  #turn = 0;

  async prepare(url: string): Promise<void> {
    await call("PUT", `${url}${BULK}`, {});
    await call("PUT", `${url}${WORKER}`, {
      start: "earliest",
      ackWait: "3s",
      maxDeliver: 1_000,
      maxInFlight: 10_000,
    });
  }

  async write(url: string, client: Deno.HttpClient): Promise<void> {
    if (this.#turn++ % 3 === 0) return await this.#work(url, client);
    const key = crypto.randomUUID();
    this.#sent.add(key);
    await this.#insert(url, key, client);
  }

  async #insert(url: string, key: string, client?: Deno.HttpClient): Promise<void> {
    const body = Array.from({ length: LINES }, (_, n) => `{"key":"${key}","n":${n}}\n`).join("");
    const headers = { "Content-Type": "application/x-ndjson", "Idempotency-Key": key };
    const answer = await fetch(`${url}${BULK}/bulk`, {
      method: "POST",
      body,
      headers,
      ...(client && { client }),
    });
    const { ids } = await answer.json();
    equal(answer.status, 201);
    equal(ids.length, LINES);
    this.#acknowledged.add(key);
  }

  /** Pulls and acknowledges. */
  async #work(url: string, client?: Deno.HttpClient, wait = "0s"): Promise<void> {
    const { items } = await call("POST", `${url}${WORKER}/pull`, { max: 500, wait }, client);
    if (items.length === 0) return;
    for (const { id, data } of items) {
      ok(!this.#done.has(id), `${id} was acknowledged, and is given out again`);
      const { key, n } = typeof data === "string" ? JSON.parse(data) : data;
      const line = `${key} ${n}`, before = this.#given.get(line);
      ok(before === undefined || before === id, `${line} is there twice: ${before} and ${id}`);
      this.#given.set(line, id);
    }
    const ids: string[] = items.map(({ id }: { id: string }) => id);
    const body = JSON.stringify({ ids, lease: items[0].lease });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${url}${WORKER}/ack`, {
      method: "POST",
      body,
      headers,
      ...(client && { client }),
    });
    await answer.body?.cancel();
    // On a busy machine the lease may end first: then the items are given out again, rightly.
    if (answer.status === 409) return;
    equal(answer.status, 200);
    for (const id of ids) this.#done.add(id);
  }

  async check(url: string): Promise<void> {
    for (const key of this.#sent.difference(this.#acknowledged)) await this.#insert(url, key);
    while (true) {
      const { lag } = await call("GET", `${url}${WORKER}`, undefined);
      if (lag.items === 0) break;
      // What a killed worker held comes back when its lease has ended.
      await this.#work(url, undefined, "1s");
    }
    for (const key of this.#sent) {
      for (let n = 0; n < LINES; n++) ok(this.#given.has(`${key} ${n}`), `line ${n} of ${key} is lost`);
    }
    equal(this.#given.size, this.#sent.size * LINES);
  }
}

/** Profiles whose trait grows, and events with ids. */
class ProfileTrial implements AreaTrial {
  readonly name = "profiles, events";
  acknowledgedWrites = 0;
  #next = 0;
  readonly #acknowledged = new Set<number>();
  #lastWritten = new Map<string, { sent: number; acknowledged: number }>();

  async prepare(): Promise<void> {}

  async write(url: string, client: Deno.HttpClient): Promise<void> {
    const n = ++this.#next, account = `account${n}`;
    this.#lastWritten.set(account, { sent: n, acknowledged: 0 });
    await call("PUT", `${url}/profile/killed/${account}`, { crm: { n: `${n}` } }, client);
    this.#lastWritten.get(account)!.acknowledged = n;
    await call("PUT", `${url}/event/killed/all/click`, { id: `${n}` }, client);
    this.#acknowledged.add(n);
  }

  async check(url: string): Promise<void> {
    for (const [account, { sent, acknowledged }] of this.#lastWritten) {
      const answer = await fetch(`${url}/profile/killed/${account}`);
      const profile = await answer.json();
      if (acknowledged > 0) equal(answer.status, 200, `${account} is lost`);
      if (answer.status === 200) equal(profile.traits.crm.n, `${sent}`);
    }
    this.#lastWritten = new Map();
    for (let n = 1; n <= this.#next; n++) {
      if (this.#acknowledged.has(n)) continue;
      await call("PUT", `${url}/event/killed/all/click`, { id: `${n}` });
      this.#acknowledged.add(n);
    }
    const { datapoints } = await call("GET", `${url}/event/killed/all/click`, undefined);
    const count = datapoints.reduce((sum: number, [, n]: [number, number]) => sum + n, 0);
    equal(count, this.#next, "events are lost or doubled");
  }
}

/** Whole sessions of one user a round. */
class SessionTrial implements AreaTrial {
  readonly name = "sessions";
  acknowledgedWrites = 0;
  #round = 0;
  #sent = new Set<string>();
  #acknowledged = new Set<string>();

  async prepare(): Promise<void> {}

  async write(url: string, client: Deno.HttpClient): Promise<void> {
    const session = crypto.randomUUID();
    this.#sent.add(session);
    await this.#send(url, session, client);
    this.#acknowledged.add(session);
  }

  async #send(url: string, session_id: string, client?: Deno.HttpClient): Promise<void> {
    const event = { user_id: `user${this.#round}`, session_id };
    await call("POST", `${url}/user/batches`, [
      { ...event, event: "start", country: "TIN", ts: "2026-01-02T03:04:05" },
      { ...event, event: "end", ts: "2026-01-02T03:14:05" },
    ], client);
  }

  async check(url: string): Promise<void> {
    const stored = await this.#stored(url);
    for (const session of this.#acknowledged) ok(stored.has(session), `session ${session} is lost`);
    for (const session of stored) ok(this.#sent.has(session), `session ${session} was never sent`);
    // All again: what is there counts once.
    const all = [...this.#sent].slice(0, 1_000);
    for (const session of all.slice(0, 20)) await this.#send(url, session);
    equal((await this.#stored(url)).size, stored.union(new Set(all.slice(0, 20))).size);
    this.#round++;
    this.#sent = new Set();
    this.#acknowledged = new Set();
  }

  async #stored(url: string): Promise<Set<string>> {
    const user = `user${this.#round}`;
    const answer = await call("GET", `${url}/user/last-sessions-user?user_id=${user}&limit=1000`, undefined);
    const sessions: string[] = answer[user];
    const distinct = new Set(sessions);
    equal(distinct.size, sessions.length, "a session is there twice");
    return distinct;
  }
}

/** One series that is saved again and again, with a revision each. */
class SeriesTrial implements AreaTrial {
  readonly name = "series, revisions";
  acknowledgedWrites = 0;
  #next = 0;
  #acknowledged = 0;
  #saves = 0;
  #busy = Promise.resolve();

  async prepare(): Promise<void> {}

  /** One save at a time, so that the newest is known. */
  write(url: string, client: Deno.HttpClient): Promise<void> {
    const saving = this.#busy.then(() => this.#save(url, client));
    this.#busy = saving.catch(() => {});
    return saving;
  }

  async #save(url: string, client: Deno.HttpClient): Promise<void> {
    const n = ++this.#next;
    await call("PUT", `${url}/api/store/KILLED/ONE`, { value: { "2026-01-02": n } }, client);
    this.#acknowledged = n;
    this.#saves++;
  }

  async check(url: string): Promise<void> {
    if (this.#acknowledged === 0) return;
    const { value } = await call("GET", `${url}/api/store/KILLED/ONE`, undefined);
    const [stored] = Object.values(value) as number[];
    ok(
      stored! >= this.#acknowledged && stored! <= this.#next,
      `${stored}, acknowledged was ${this.#acknowledged}`,
    );
    const revisions: { revision: number }[] = await call(
      "GET",
      `${url}/api/store/KILLED/ONE/revisions`,
      undefined,
    );
    const numbers = revisions.map(({ revision }) => revision);
    deepEqual(
      numbers,
      Array.from(numbers, (_, i) => numbers[0]! - i),
      "revisions have gaps, or are there twice",
    );
    ok(numbers[0]! >= this.#saves, `${numbers[0]} revisions of ${this.#saves} acknowledged saves`);
    ok(numbers[0]! <= this.#next, `${numbers[0]} revisions of ${this.#next} saves`);
    this.#acknowledged = stored!;
  }
}

/** Messages of one conversation. */
class MessageTrial implements AreaTrial {
  readonly name = "messages";
  acknowledgedWrites = 0;
  #next = 0;
  readonly #acknowledged = new Set<string>();

  async prepare(): Promise<void> {}

  async write(url: string, client: Deno.HttpClient): Promise<void> {
    const id = `m${++this.#next}`;
    await this.#send(url, id, client);
    this.#acknowledged.add(id);
  }

  async #send(url: string, id: string, client?: Deno.HttpClient): Promise<void> {
    const message = { id, username: "ann", message: `This is message ${id}.` };
    await call("POST", `${url}/api/conversations/killed/messages`, [message], client);
  }

  async check(url: string, database: Database): Promise<void> {
    const query =
      "SELECT origin FROM message WHERE conversation = (SELECT id FROM conversation WHERE public_id = 'killed')";
    const stored = (await database.query(query)).map(([origin]) => String(origin));
    const distinct = new Set(stored);
    equal(distinct.size, stored.length, "a message is there twice");
    for (const id of this.#acknowledged) ok(distinct.has(id), `message ${id} is lost`);
    ok(stored.length <= this.#next);
    // What was acknowledged, sent again, is no second message.
    const [first] = this.#acknowledged;
    if (first !== undefined) await this.#send(url, first);
    equal((await database.query(query)).length, stored.length);
  }
}
