/** The blocks of docs/deploy.md in a real nginx. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { createChannel } from "../support/http.ts";
import { freePort } from "../support/libsql_server.ts";

/** Without nginx these tests are skipped, which CI does not accept. */
const ignore = !await new Deno.Command("sh", { args: ["-c", "command -v nginx"], stdout: "null" }).output()
  .then(({ success }) => success);
const GUIDE = new URL("../../docs/deploy.md", import.meta.url);

async function blocks(): Promise<string[]> {
  const guide = await Deno.readTextFile(GUIDE);
  return Array.from(guide.matchAll(/^```nginx\n(.*?)^```/gms), ([, block]) => block!);
}

/** nginx with these blocks inside `http`, until it is disposed of. */
async function startNginx(config: string, port: number): Promise<AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "runnel-nginx-" });
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}\n` +
      `http { access_log off; ${paths}\n${config}\n}`,
  );
  const process = new Deno.Command("nginx", {
    args: ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (attempt === 200) {
        throw new Error(await Deno.readTextFile(`${folder}/error.log`).catch(() => String(error)));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("behind the nginx of the guide: links, a large body, events and sockets", { ignore }, async () => {
  await using folder = await temporaryFolder();
  const [front] = await blocks();
  const port = freePort(), site = `http://127.0.0.1:${port}`;
  await using process = await startProcess({
    database: `file:${folder.path}/r.db`,
    env: { TRUST_PROXY: "true" },
  });
  const config = front!.replace("127.0.0.1:8080", new URL(process.url).host)
    .replace("listen 80;", `listen 127.0.0.1:${port};`);
  await using _nginx = await startNginx(config, port);

  await createChannel(site, "news");
  const events = await fetch(`${site}/channel/news/events?content=true`);
  const socket = new WebSocket(`${site.replace("http", "ws")}/channel/news/ws`);
  await new Promise((resolve, reject) => (socket.onopen = resolve, socket.onerror = reject));
  const message = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));

  const body = "x".repeat(3 << 20);
  const stored = await fetch(`${site}/channel/news`, { method: "POST", body });
  equal(stored.status, 201);
  const { href } = (await stored.json())._links.self;
  ok(href.startsWith(`${site}/channel/news/`), href);
  equal(await message, href);
  equal((await (await fetch(href)).text()).length, body.length);

  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  while (!seen.includes("event: item")) seen += (await reader.read()).value;
  await reader.cancel();
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("behind the nginx of the guide, under a path: links lead through it", { ignore }, async () => {
  await using folder = await temporaryFolder();
  const [front, path] = await blocks();
  const port = freePort(), site = `http://127.0.0.1:${port}/runnel`;
  await using process = await startProcess({
    database: `file:${folder.path}/r.db`,
    env: { TRUST_PROXY: "true", PUBLIC_URL: site },
  });
  const config = front!.replace("127.0.0.1:8080", new URL(process.url).host)
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace(/ +location \/ \{\n.*\n/, path!);
  await using _nginx = await startNginx(config, port);
  await createChannel(site, "news");
  const { _links } = await (await fetch(`${site}/channel/news`, { method: "POST", body: "a" })).json();
  ok(_links.self.href.startsWith(`${site}/channel/news/`), _links.self.href);
  equal(await (await fetch(_links.self.href)).text(), "a");
  equal(await (await fetch(`${site}/channel/news/latest`)).text(), "a");
  equal((await fetch(`${site}/docs`)).status, 200);
});

Deno.test(
  "two Runnels with a database each behind one nginx: a path for each tenant",
  { ignore },
  async () => {
    await using folder = await temporaryFolder();
    const tenants = (await blocks()).at(-1)!;
    const port = freePort(), site = `http://127.0.0.1:${port}`;
    const start = (tenant: string) =>
      startProcess({
        database: `file:${folder.path}/${tenant}.db`,
        env: { PUBLIC_URL: `${site}/${tenant}`, ALLOW_ANONYMOUS: "true" },
      });
    await using north = await start("north");
    await using south = await start("south");
    const locations = tenants.replace("127.0.0.1:8081", new URL(north.url).host)
      .replace("127.0.0.1:8082", new URL(south.url).host);
    await using _nginx = await startNginx(`server { listen 127.0.0.1:${port}; ${locations} }`, port);
    for (const tenant of ["north", "south"]) await createChannel(`${site}/${tenant}`, `of_${tenant}`);
    for (const tenant of ["north", "south"]) {
      const { _links } = await (await fetch(`${site}/${tenant}/channel`)).json();
      deepEqual(_links.channels.map(({ name }: { name: string }) => name), [`of_${tenant}`]);
      equal((await fetch(_links.channels[0].href)).status, 200);
    }
  },
);
