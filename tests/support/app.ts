/** The whole application in this process, over a real database, with a clock that tests set. */
import { type Database, openDatabase } from "../../db/open.ts";
import type { ConversationSettings } from "../../domain/conversations/conversations.ts";
import type { BackupPlan } from "../../domain/operation/backups.ts";
import { createServices, type DomainServices } from "../../domain/services.ts";
import { JOBS } from "../../jobs/mod.ts";
import { createApp } from "../../routes/app.ts";
import type { Services } from "../../routes/services.ts";
import type { GateEnv } from "../../routes/gate.ts";
import { checkAnswer } from "./answers.ts";
import { type EngineName, startEngine, wantedEngine } from "./engines.ts";
import { temporaryFolder } from "./process.ts";

/** An application under test. `await using` closes it. */
export interface TestApp extends AsyncDisposable {
  /** Sends a request to a path, as http://datahub:8080 would get it. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** A GET whose answer nobody else reads: it is not held against the reference. */
  stream(path: string, headers?: HeadersInit): Promise<Response>;
  /** The same, with what the server says of the request. */
  fetch(path: string, env: GateEnv["Bindings"]): Promise<Response>;
  /** Sends a request with a JSON body. */
  send(method: string, path: string, body: unknown): Promise<Response>;
  readonly services: DomainServices;
  readonly database: Database;
  /** Where the database is, for a second application over it. */
  readonly databaseUrl: string;
  /** The application's time, in milliseconds since the epoch; a test may change it. */
  readonly time: { now: number };
  /** What was logged. */
  readonly log: string[];
}

/** Settings of the application that a test wants otherwise. */
export type TestOptions = Partial<Services> & {
  /** URL of a database; a fresh one unless given. */
  readonly database?: string;
  /** Where a fresh database is; unless given, where this run of the tests wants it, else in a file. */
  readonly engine?: EngineName;
  readonly cacheBytes?: number;
  readonly calmPollMillis?: number;
  readonly diskReserveBytes?: number;
  readonly backupPlan?: BackupPlan;
  readonly webhookPrivate?: boolean;
  readonly conversationSettings?: Partial<ConversationSettings>;
  readonly maxWaitingWrites?: number;
  readonly eventTtlDays?: number;
  readonly eventDedupHours?: number;
  readonly maxPersonAccounts?: number;
  readonly sessionTtlDays?: number;
  readonly sessionSegment?: number;
  readonly keepRevisionsMillis?: number;
};

/** A request from this machine. */
const LOCAL: GateEnv["Bindings"] = { isLocal: () => true };

/** 2026-01-02T03:04:05.678Z, the time when every test begins. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export async function createTestApp(options: TestOptions = {}): Promise<TestApp> {
  const folder = await temporaryFolder();
  const fresh = options.database === undefined
    ? await startEngine(options.engine ?? wantedEngine() ?? "file", folder.path)
    : undefined;
  const database = await openDatabase({
    ...fresh?.options ?? { url: options.database! },
    maxWaitingWrites: options.maxWaitingWrites,
  });
  await fresh?.meetNeighbour();
  const time = { now: START };
  const log: string[] = [];
  const services = createServices(database, {
    cacheBytes: options.cacheBytes ?? 1 << 20,
    calmPollMillis: options.calmPollMillis,
    webhookPrivate: options.webhookPrivate ?? false,
    eventTtlDays: options.eventTtlDays ?? 365,
    eventDedupHours: options.eventDedupHours,
    maxPersonAccounts: options.maxPersonAccounts,
    sessionTtlDays: options.sessionTtlDays ?? 365,
    sessionSegment: options.sessionSegment,
    diskReserveBytes: options.diskReserveBytes ?? 0,
    backups: options.backupPlan,
    keepRevisionsMillis: options.keepRevisionsMillis ?? 86_400_000,
    conversations: {
      tokenHours: 12,
      messageTtlDays: 365,
      ...options.conversationSettings,
    },
    jobs: JOBS,
    clock: () => time.now,
    log: (line) => log.push(line),
  });
  const app = createApp({
    trustProxy: false,
    corsOrigins: [],
    allowedHosts: ["datahub:8080"],
    allowAnonymous: false,
    maxItemBytes: 10 << 20,
    maxFrameBytes: 64 << 20,
    maxBodyBytes: 256 << 20,
    maxAnswerBytes: 128 << 20,
    log: (line) => log.push(line),
    logRequests: false,
    logErrors: true,
    configuration: [],
    ...services,
    ...options,
  });
  const at = (path: string, init?: RequestInit) => new Request(`http://datahub:8080${path}`, init);
  const fetch = async (path: string, init: RequestInit | undefined, env: GateEnv["Bindings"]) => {
    const request = at(path, init);
    const answer = await app.fetch(request, { ...env });
    await checkAnswer(request.method, request.url, answer);
    return answer;
  };
  const request = (path: string, init?: RequestInit) => fetch(path, init, LOCAL);
  return {
    request,
    stream: async (path, headers = {}) => copied(await app.fetch(at(path, { headers }), { ...LOCAL })),
    fetch: (path, env) => fetch(path, undefined, env),
    send: (method, path, body) =>
      request(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    services,
    database,
    databaseUrl: options.database ?? fresh!.sharedUrl,
    time,
    log,
    async [Symbol.asyncDispose]() {
      await services.close();
      await database.close();
      await fresh?.[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The same answer in pieces of its own: Runnel gives the memory of what it sent back, as a server may. */
function copied(answer: Response): Response {
  const reader = answer.body?.getReader();
  if (reader === undefined) return answer;
  const copies = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value.slice());
    },
    // What the answer holds is given back when this resolves, as it is without copies.
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(copies, answer);
}

/** What a test puts in place of pages that cannot be read. */
// deno-lint-ignore require-yield
export async function* failing(error: Error): AsyncGenerator<string[]> {
  throw await Promise.resolve(error);
}

/** Whether the binary of the libSQL server runs here. */
const HAS_SERVER = Deno.build.os === "linux" && Deno.build.arch === "x86_64";

/** The same test over a file and over a libSQL server, or over the engine that this run of the tests is for. */
export function testOnBothEngines(
  name: string,
  test: (app: TestApp) => Promise<void>,
  options: TestOptions = {},
): void {
  const wanted = wantedEngine();
  for (const engine of wanted === undefined ? ["file", "server"] as const : [wanted]) {
    Deno.test({
      name: `${name} (${engine})`,
      ignore: engine !== "file" && !HAS_SERVER,
      async fn() {
        await using app = await createTestApp({ engine, ...options });
        await test(app);
      },
    });
  }
}
