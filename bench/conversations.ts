/** Conversations: messages in, and the questions about a busy day. The questions have bounds of their own, no peers. */
import { openDatabase } from "../db/open.ts";
import { createServices, type DomainServices } from "../domain/services.ts";
import { startProcess, temporaryFolder } from "../tests/support/process.ts";
import { generateDay } from "./eval/generate.ts";
import { type Benchmark, type Comparison, type Contestant, median } from "./harness.ts";
import { startRunnel, startScript, warmedUp } from "./processes.ts";

const DAY_MS = 86_400_000;
const DAY_SIZE = 10_000;
const PAST_DAYS = 30;
const PLAIN_APP = new URL("./plain_app.ts", import.meta.url);
const MESSAGE = {
  username: "ann",
  message: "The disk of db-3 is full of old snapshots again, who deletes them?",
};
const POST = `wrk.method = "POST"; wrk.body = '${JSON.stringify(MESSAGE)}'
wrk.headers["Content-Type"] = "application/json"`;

export const conversationMessages: Benchmark = {
  name: "conversation-messages",
  about: "chat messages in over HTTP, each durable, against the same server that stores nothing",
  needs: { wrk: "wrk" },
  *comparisons() {
    yield {
      title: "messages in, 64 connections",
      unit: "messages/s",
      better: "higher",
      contestants: [runnelMessages, plainMessages],
      figures: [{ bound: 20_000 }],
    };
  },
};

const runnelMessages: Contestant = {
  name: "Runnel",
  async start() {
    const runnel = await startRunnel();
    const url = `${runnel.url}/api/conversations/bench/messages`;
    return warmedUp(runnel, { url, connections: 64, script: POST });
  },
};

const plainMessages: Contestant = {
  name: "Hono, nothing stored",
  async start() {
    const plain = await startScript(PLAIN_APP);
    return warmedUp(plain, {
      url: `http://127.0.0.1:${plain.port}/channel/bench`,
      connections: 64,
      script: POST,
    });
  },
};

export const conversationQuestions: Benchmark = {
  name: "conversation-questions",
  about: "summary, representative messages and hot topics of a day of 10,000 messages after 30 such days",
  async *comparisons() {
    await using busy = await busyChannel();
    for (const path of ["summary", "representative_messages"]) {
      yield question(busy, `${path}, no message analysed yet`, "ms", 500, (ask) => ask(path));
    }
    yield question(busy, "hot_topics, no message analysed yet", "ms", undefined, (ask) => ask("hot_topics"));
    yield question(busy, "hot_topics, the day's messages analysed", "ms", 300, async (ask) => {
      await ask("summary");
      return await ask("hot_topics");
    });
    for (const path of ["summary", "representative_messages"]) {
      yield question(busy, `${path}, cached and unchanged`, "ms", 2, async (ask) => {
        await ask(path);
        const times: number[] = [];
        for (let i = 0; i < 200; i++) times.push(await ask(path));
        return median(times);
      });
    }
    yield question(busy, "memory that a summary takes at most", "MB", 150, async (ask, memory) => {
      const before = await memory("VmRSS");
      await ask("summary");
      return await memory("VmHWM") - before;
    });
  },
};

/** Asks for a path of a channel's statistics and answers how many milliseconds it took. */
type Ask = (path: string) => Promise<number>;
/** A line of /proc/PID/status, in megabytes. */
type Memory = (line: string) => Promise<number>;

function question(
  busy: BusyChannel,
  title: string,
  unit: string,
  bound: number | undefined,
  measure: (ask: Ask, memory: Memory) => Promise<number>,
): Comparison {
  const start = async () => {
    const runnel = await busy.serve();
    const ask: Ask = async (path) => {
      const started = performance.now();
      const response = await fetch(`${runnel.url}/api/stats/${path}/busy`, { headers: runnel.headers });
      const { data } = await response.json();
      const took = performance.now() - started;
      if (JSON.stringify(data).length < 20) throw new Error(`${path} answered ${response.status}, nothing`);
      return took;
    };
    const memory: Memory = async (line) => {
      const status = await Deno.readTextFile(`/proc/${runnel.pid}/status`);
      return Number(new RegExp(`${line}:\\s+(\\d+)`).exec(status)![1]) / 1024;
    };
    return {
      measure: () => measure(ask, memory),
      [Symbol.asyncDispose]: () => runnel[Symbol.asyncDispose]() as Promise<void>,
    };
  };
  const figures = bound === undefined ? [] : [{ bound }];
  return { title, unit, better: "lower", contestants: [{ name: "Runnel", start }], figures };
}

interface BusyChannel extends AsyncDisposable {
  /** Starts Runnel over the channel and logs in. */
  serve(): Promise<AsyncDisposable & { readonly url: string; readonly pid: number; headers: HeadersInit }>;
}

/** A database with a day of 10,000 messages and 30 finished ones before, made once for all measurements. */
async function busyChannel(): Promise<BusyChannel> {
  const folder = await temporaryFolder();
  const url = `file:${folder.path}/runnel.db`;
  const database = await openDatabase({ url });
  const services = createServices(database, {
    diskReserveBytes: 0,
    eventTtlDays: 365,
    sessionTtlDays: 365,
    keepRevisionsMillis: 86_400_000,
    cacheBytes: 1,
    conversations: { tokenHours: 12, messageTtlDays: 365 },
    jobs: [],
    log: console.error,
  });
  await fill(services);
  await services.close();
  await database.close();
  return {
    async serve() {
      const runnel = await startProcess({ database: url });
      const response = await fetch(`${runnel.url}/api/auth`, {
        method: "POST",
        body: JSON.stringify({ username: "ann", password: "correct horse" }),
      });
      const { data } = await response.json();
      const headers = { Authorization: `Bearer ${data.token}` };
      // The thread of the analysis starts with the first question, once in the life of a process.
      await (await fetch(`${runnel.url}/api/stats/summary/quiet`, { headers })).body?.cancel();
      return { ...runnel, headers };
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function fill({ conversations }: DomainServices): Promise<void> {
  const end = Date.now() - 60_000;
  for (let day = 0; day <= PAST_DAYS; day++) {
    const messages = generateDay(DAY_SIZE, day).map(({ user, text }, i) => ({
      username: user,
      message: text,
      timestamp: end - day * DAY_MS - Math.floor((DAY_SIZE - i) * (DAY_MS - 3_600_000) / DAY_SIZE),
    }));
    await conversations.inbox.post({ channel: "busy", key: undefined }, messages);
  }
  await conversations.inbox.post({ channel: "quiet", key: undefined }, [{
    username: "ann",
    message: "Is anybody here today?",
  }]);
  await conversations.accounts.add("ann", "correct horse", ["busy"]);
  await conversations.daily.write();
}
