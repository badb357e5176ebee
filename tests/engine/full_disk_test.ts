import { equal, match, ok } from "../support/assert.ts";
import { createChannel } from "../support/http.ts";
import { startProcess } from "../support/process.ts";
import { smallDisk } from "../support/small_disk.ts";

const MIB = 1 << 20;

Deno.test("disk full: 507, /ready 503 with a sentence, few lines of log; with space it goes on, and nothing stored is lost", async () => {
  await using disk = await smallDisk(48);
  await Deno.writeFile(`${disk.path}/ballast`, new Uint8Array(16 * MIB));
  await using process = await startProcess({
    database: `file:${disk.path}/runnel.db`,
    env: { DISK_RESERVE_BYTES: String(MIB) },
  });
  const channel = await createChannel(process.url, "news");
  const insert = () =>
    fetch(channel, { method: "POST", body: crypto.getRandomValues(new Uint8Array(65_536)) });
  const stored: string[] = [];
  /** Inserts until one is refused; answers the refusal. */
  const fill = async (most: number): Promise<Response | undefined> => {
    for (let i = 0; i < most; i++) {
      const answer = await insert();
      if (answer.status !== 201) return answer;
      await answer.body?.cancel();
      stored.push(answer.headers.get("location")!);
    }
    return undefined;
  };
  const refused = (await fill(1_000))!;
  equal(refused.status, 507, await refused.clone().text());
  equal((await refused.json()).type, "/docs/errors#storage-full");
  for (let i = 0; i < 100; i++) equal((await insert()).status, 507);

  const ready = await fetch(`${process.url}/ready`);
  equal(ready.status, 503);
  const { errors } = await ready.json();
  const { message } = errors.find(({ path }: { path: string }) => path === "disk");
  match(
    message,
    /^\d+ bytes are free, less than DISK_RESERVE_BYTES \(1048576\): free space, or move the database$/,
  );
  equal((await fetch(stored[0]!)).status, 200, "reading goes on");
  const lines = process.log().split("\n").filter((line) => line.includes("disk is full"));
  match(lines[0]!, /runnel\.db: its disk is full, so nothing is written: free space there, or move/);
  ok(lines.length < 10, process.log());
  equal(/^\s+at /m.test(process.log()), false, process.log());

  await Deno.remove(`${disk.path}/ballast`);
  equal(await fill(20), undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // an outcome of /ready is believed for a second
  equal((await fetch(`${process.url}/ready`)).status, 200);
  const found = await Promise.all(stored.map(async (url) => (await fetch(url)).bytes()));
  ok(found.every(({ length }) => length === 65_536));
});
