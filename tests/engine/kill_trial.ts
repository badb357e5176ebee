/**
 * Kills Runnel again and again while it stores, and compares what was acknowledged with what is there afterwards.
 * `deno task trial:kill [KILLS]` runs it at length; durability_test.ts runs a few rounds.
 */
import { AssertionError, deepEqual, equal, ok } from "../support/assert.ts";
import { createHash, randomBytes } from "node:crypto";
import { openDatabase } from "../../db/open.ts";
import { createChannel, nextOf, redirectOf } from "../support/http.ts";
import { type AreaTrial, areaTrials } from "./kill_areas.ts";
import { startProcess, temporaryFolder, type TestProcess } from "../support/process.ts";

const CONNECTIONS = 40;
/** Connections of each process to each of the other areas. */
const AREA_CONNECTIONS = 2;
const CHANNELS = ["first", "second", "third"];
/** Keeps 20 items: what it trims in the commit of an insert must not tear either. */
const TRIMMED = "trimmed";
const TRIMMED_TO = 20;
const DIGEST_BYTES = 32;

/** What a trial counted. */
export interface TrialResult {
  readonly kills: number;
  readonly acknowledged: number;
  /** Sent, not acknowledged, and there nevertheless: stored in the moment of the kill. */
  readonly unacknowledgedButThere: number;
  readonly lost: number;
}

/** What is known of one channel. */
interface Ledger {
  /** Digest of each body that was sent. */
  readonly sent: Set<string>;
  /** Id → digest, not yet seen on a walk. */
  readonly acknowledged: Map<string, string>;
  /** Highest id that was acknowledged or seen. */
  highest: string;
  /** Last item of the walk so far. */
  walkedTo: string | undefined;
  walked: number;
}

/** Runs rounds of two processes on one file, each killed at a moment of its own, until so many were killed. */
export async function killTrial(kills: number, report = (_line: string) => {}): Promise<TrialResult> {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  const ledgers = new Map([...CHANNELS, TRIMMED].map((name) => [name, newLedger()]));
  const result = { kills: 0, acknowledged: 0, unacknowledgedButThere: 0, lost: 0 };
  const areas = areaTrials();
  await createChannels(database, areas);
  while (result.kills < kills) {
    result.acknowledged += await storeUntilKilled(database, ledgers, areas);
    result.kills += 2;
    await using process = await startProcess({ database });
    for (const name of CHANNELS) {
      const found = await walk(process.url, name, ledgers.get(name)!);
      result.lost += found.lost;
      result.unacknowledgedButThere += found.unacknowledged;
    }
    await checkRows(database, process.url, ledgers, areas);
    const others = areas.map(({ name, acknowledgedWrites }) => `${name} ${acknowledgedWrites}`).join("; ");
    report(
      `${result.kills} kills, ${result.acknowledged} items acknowledged, ${result.lost} lost; acknowledged in other areas: ${others}`,
    );
  }
  return result;
}

function newLedger(): Ledger {
  return { sent: new Set(), acknowledged: new Map(), highest: "", walkedTo: undefined, walked: 0 };
}

async function createChannels(database: string, areas: readonly AreaTrial[]): Promise<void> {
  await using process = await startProcess({ database });
  for (const name of CHANNELS) await createChannel(process.url, name);
  await createChannel(process.url, TRIMMED, { maxItems: TRIMMED_TO });
  for (const area of areas) await area.prepare(process.url);
}

/** Two processes store until each is killed; answers how many items they acknowledged. */
async function storeUntilKilled(
  database: string,
  ledgers: Map<string, Ledger>,
  areas: readonly AreaTrial[],
): Promise<number> {
  await using one = await startProcess({ database });
  await using other = await startProcess({ database });
  const counts = await Promise.all([one, other].map(async (process) => {
    const client = Deno.createHttpClient({ poolMaxIdlePerHost: CONNECTIONS });
    const began = Promise.withResolvers<void>();
    const inAreas = areas.flatMap((area) =>
      Array.from({ length: AREA_CONNECTIONS }, () => write(area, process, client, began.resolve))
    );
    const storing = Array.from({ length: CONNECTIONS / 2 }, () => store(process, client, ledgers));
    // A process that has just started answers slowly: the moment is counted from its first acknowledgement.
    await Promise.race([began.promise, Promise.all(inAreas)]);
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 600));
    await process.end("SIGKILL");
    const stored = await Promise.all(storing);
    await Promise.all(inAreas);
    client.close();
    return stored.reduce((sum, count) => sum + count);
  }));
  return counts[0]! + counts[1]!;
}

/** One connection: writes into an area until the process is gone. */
async function write(
  area: AreaTrial,
  { url }: TestProcess,
  client: Deno.HttpClient,
  acknowledged: () => void,
): Promise<void> {
  try {
    for (;; area.acknowledgedWrites++) {
      await area.write(url, client);
      acknowledged();
    }
  } catch (error) {
    if (error instanceof AssertionError) throw new Error(`${area.name}: ${error.message}`);
  }
}

/** One connection: inserts after one another into channels at random until the process is gone. */
async function store(
  process: TestProcess,
  client: Deno.HttpClient,
  ledgers: Map<string, Ledger>,
): Promise<number> {
  const all = [...ledgers];
  for (let count = 0;; count++) {
    const [name, ledger] = all[Math.floor(Math.random() * all.length)]!;
    const { body, digest } = newBody();
    ledger.sent.add(digest);
    const highestBefore = ledger.highest;
    let response, answer;
    try {
      response = await fetch(`${process.url}/channel/${name}`, { method: "POST", body, client });
      answer = await response.json();
    } catch {
      return count;
    }
    equal(response.status, 201, JSON.stringify(answer));
    ok(answer.id > highestBefore, `${answer.id} committed after ${highestBefore} was acknowledged`);
    ledger.acknowledged.set(answer.id, digest);
    if (answer.id > ledger.highest) ledger.highest = answer.id;
  }
}

/** Bytes that begin with the SHA-256 of the rest: mostly small, some larger than a page of the database. */
function newBody(): { body: Uint8Array<ArrayBuffer>; digest: string } {
  const length = Math.floor(Math.random() * (Math.random() < 0.02 ? 200_000 : 2000));
  const content = randomBytes(length);
  const hash = createHash("sha256").update(content).digest();
  return { body: new Uint8Array([...hash, ...content]), digest: hash.toString("hex") };
}

/** Follows the `next` links from where the last walk ended; each item must be whole, new and one that was sent. */
async function walk(
  url: string,
  name: string,
  ledger: Ledger,
): Promise<{ lost: number; unacknowledged: number }> {
  let unacknowledged = 0;
  const { acknowledged, sent } = ledger;
  let link = ledger.walkedTo === undefined
    ? await redirectOf(`${url}/channel/${name}/earliest`)
    : (await visit(`${url}/channel/${name}/${ledger.walkedTo}`)).next;
  while (link !== undefined) {
    const { id, body, next } = await visit(link);
    const digest = createHash("sha256").update(body.subarray(DIGEST_BYTES)).digest("hex");
    equal(digest, body.subarray(0, DIGEST_BYTES).toHex(), `half an item: ${name}/${id}`);
    ok(sent.delete(digest), `${name}/${id} was never sent, or is there twice`);
    ok(id > (ledger.walkedTo ?? ""), `${id} follows ${ledger.walkedTo}`);
    const acknowledgedDigest = acknowledged.get(id);
    if (acknowledgedDigest === undefined) unacknowledged++;
    else equal(acknowledgedDigest, digest, `${name}/${id} holds what another request sent`);
    acknowledged.delete(id);
    ledger.walkedTo = id;
    ledger.walked++;
    link = next;
  }
  const lost = acknowledged.size;
  acknowledged.clear();
  sent.clear();
  if (ledger.walkedTo !== undefined && ledger.walkedTo > ledger.highest) ledger.highest = ledger.walkedTo;
  return { lost, unacknowledged };
}

async function visit(
  url: string,
): Promise<{ id: string; body: Uint8Array; next: string | undefined }> {
  const response = await fetch(url);
  const body = await response.bytes();
  equal(response.status, 200, url);
  return { id: url.slice(-16), body, next: nextOf(response) };
}

/** Each area must hold what it acknowledged; what the channels' rows say of their items must be what the items' rows are. */
async function checkRows(
  url: string,
  process: string,
  ledgers: Map<string, Ledger>,
  areas: readonly AreaTrial[],
): Promise<void> {
  const database = await openDatabase({ url });
  try {
    deepEqual(await database.query("PRAGMA integrity_check"), [["ok"]]);
    for (const area of areas) await area.check(process, database);
    const rows = await database.query(`SELECT name, item_count,
        (SELECT count(*) FROM item WHERE channel = channel.id),
        last_key = ifnull((SELECT max(key) FROM item WHERE channel = channel.id), 0)
      FROM channel`);
    for (const [name, itemCount, rowCount, lastKeyAgrees] of rows) {
      equal(itemCount, rowCount, `item_count of ${name}`);
      equal(lastKeyAgrees, 1, `last_key of ${name}`);
      if (name === TRIMMED) ok(Number(rowCount) <= TRIMMED_TO, `${rowCount} items in ${name}`);
      else if (ledgers.has(name as string)) {
        equal(rowCount, ledgers.get(name as string)!.walked, `items in ${name}, against the walk`);
      }
    }
  } finally {
    await database.close();
  }
}

if (import.meta.main) {
  const kills = Number(Deno.args[0] ?? 100);
  const { acknowledged, lost, unacknowledgedButThere, ...done } = await killTrial(kills, console.log);
  console.log(
    `${done.kills} kills by SIGKILL, ${acknowledged} items acknowledged, ${lost} lost, ` +
      `${unacknowledgedButThere} stored in the moment of a kill without an answer; every walk whole and in order`,
  );
  Deno.exit(lost === 0 ? 0 : 1);
}
