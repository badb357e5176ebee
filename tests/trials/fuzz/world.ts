/** What the fuzzed process holds: a few things of each kind, so that requests find something to break. */
import { ok } from "../../support/assert.ts";
import { send } from "../../support/http.ts";
import type { TestProcess } from "../../support/process.ts";

const CHANNELS = ["alpha", "beta", "gamma"];
const PERSON = { username: "keeper", password: "correct horse battery" };
const ROOT = new URL("../../../", import.meta.url).pathname;

/** The names that requests use. */
export interface World {
  /** Bearer token of a person who sees the conversation. */
  readonly token: string;
  /** One of the names that a parameter of a path may have. */
  name(parameter: string, path: string, n: number): string;
  /** Makes again what requests took away. */
  restore(): Promise<void>;
}

/** Fills an empty process. */
export async function createWorld({ url }: TestProcess, database: string): Promise<World> {
  await addPerson(database);
  let ids: string[] = [], token = await logIn(url);
  const restore = async () => {
    ids = [];
    for (const name of CHANNELS) {
      await done(send("PUT", `${url}/channel/${name}`, { tags: ["news"], maxItems: 500 }));
      await done(
        send("PUT", `${url}/channel/${name}/consumers/worker`, { start: "earliest", ackWait: "1s" }),
      );
      for (const body of ['{"n":1}', "item", "x".repeat(5_000)]) {
        const answer = await fetch(`${url}/channel/${name}`, {
          method: "POST",
          body,
          headers: { "Item-Key": "a" },
        });
        const { id } = await answer.json();
        if (typeof id === "string") ids.push(id);
      }
    }
    await done(
      send("PUT", `${url}/profile/app/ann`, { twitter: { id: "456" }, facebook: { gender: "male" } }),
    );
    await done(send("PUT", `${url}/event/app/ann/click`, {}));
    const index = Array.from(
      { length: 50 },
      (_, i) => [new Date(1577836800000 + i * 60_000).toISOString(), i],
    );
    await done(send("PUT", `${url}/api/store/NASDAQ/ACME`, { close: Object.fromEntries(index) }));
    await done(
      send("PUT", `${url}/webhook/hook`, {
        channelUrl: `${url}/channel/alpha`,
        callbackUrl: "http://127.0.0.1:1/",
      }),
    );
    await done(send("POST", `${url}/user/batches`, session("u1")));
    await done(send("POST", `${url}/api/conversations/ops/messages`, [
      { id: "1", username: "ann", message: "The deploy failed: the disk of db-3 is full." },
      { id: "2", username: "bob", message: "Old snapshots fill it every night, I delete them now." },
    ]));
    const headers = { Authorization: `Bearer ${token}` };
    const known = await fetch(`${url}/api/auth/timezone`, { headers });
    await known.body?.cancel();
    if (known.status === 401) token = await logIn(url);
  };
  await restore();
  return {
    get token() {
      return token;
    },
    name: (parameter, path, n) => pick(namesOf(parameter, path, ids), n),
    restore,
  };
}

function namesOf(parameter: string, path: string, ids: readonly string[]): readonly string[] {
  switch (parameter) {
    case "name":
      return path.startsWith("/webhook")
        ? ["hook", "hook2"]
        : path.startsWith("/jobs")
        ? ["sweep", "backup"]
        : CHANNELS;
    case "id":
      return ids.length > 0 ? ids : ["0000000000000000"];
    case "n":
      return ["1", "2", "10", "1000"];
    case "year":
      return [`${new Date().getUTCFullYear()}`];
    case "month":
      return [`${new Date().getUTCMonth() + 1}`];
    case "day":
      return [`${new Date().getUTCDate()}`];
    case "hour":
      return [`${new Date().getUTCHours()}`];
    default:
      return NAMES[parameter] ?? ["1"];
  }
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  consumer: ["worker", "worker2"],
  key: ["a", "b"],
  unit: ["day", "hour", "minute", "second"],
  minute: ["0", "30"],
  second: ["0", "30"],
  app: ["app", "other"],
  account: ["ann", "bob"],
  event: ["click", "view"],
  reference: ["NASDAQ", "NYSE"],
  symbol: ["ACME", "ZOO"],
  channel_id: ["ops", "town"],
  message_id: ["1", "2"],
  file: ["errors", "swagger-ui.css"],
};

function session(user: string): object[] {
  return [
    { user_id: user, country: "TIN", event: "start", session_id: "s1", ts: "2026-01-02T03:04:05" },
    { user_id: user, event: "end", session_id: "s1", ts: "2026-01-02T03:14:05" },
  ];
}

function pick(names: readonly string[], n: number): string {
  return names[n % names.length]!;
}

async function done(answer: Promise<Response>): Promise<void> {
  await (await answer).body?.cancel();
}

async function logIn(url: string): Promise<string> {
  const answer = await send("POST", `${url}/api/auth`, PERSON);
  const { data } = await answer.json();
  ok(typeof data?.token === "string", `no token: ${answer.status}`);
  return data.token;
}

/** A password comes from the command line's input. */
async function addPerson(database: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P", "main.ts", "users", "add", PERSON.username, "--channels", "ops,town"],
    cwd: ROOT,
    env: { DATABASE_URL: database },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const input = command.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${PERSON.password}\n`));
  await input.close();
  const { success, stderr } = await command.output();
  ok(success, new TextDecoder().decode(stderr));
}
