import { deepEqual, doesNotMatch, equal, match } from "../support/assert.ts";
import { createPeer } from "../../routes/serving/peer.ts";
import { createTestApp, testOnBothEngines } from "../support/app.ts";
import { createChannel, send } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { exchange } from "../support/socket.ts";

Deno.test("stored script: an item never runs in Runnel's origin, whatever its type says", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const post = (type: string) =>
    app.request("/channel/c", {
      method: "POST",
      body: "<script>1</script>",
      headers: { "Content-Type": type },
    });
  for (const type of ["text/html", "image/svg+xml", "text/plain", "application/xhtml+xml; charset=utf-8"]) {
    const stored = await post(type);
    equal(stored.status, 201, type);
    const item = await app.request(new URL(stored.headers.get("location")!).pathname);
    equal(item.headers.get("content-security-policy"), "sandbox; default-src 'none'", type);
    equal(item.headers.get("x-content-type-options"), "nosniff", type);
  }
  for (
    const type of [
      "text/plain;a, text/html",
      "image/png;x, text/html",
      "text",
      "text/",
      "text/plain text/html",
      'a/b; c="',
    ] // each names no media type
  ) {
    equal((await post(type)).status, 400, type);
  }
  equal((await app.services.channels.summary()).items, 4);
});

Deno.test("DNS rebinding: without keys a host that is none of this machine's is not answered", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: { ALLOWED_HOSTS: "runnel.example" },
  });
  const status = async (host: string, path = "/channel") =>
    (await exchange(process.url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))!.status;
  for (const host of ["localhost", "127.0.0.1:1", "[::1]:8080", "runnel.example", "RUNNEL.example:8080"]) {
    equal(await status(host), 200, host);
  }
  for (const host of ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1"]) {
    equal(await status(host), 421, host);
    equal(await status(host, "/health"), 421, host);
  }
});

Deno.test("cross-site write: an Origin that is neither own nor allowed is refused, with or without Sec-Fetch-Site", async () => {
  await using app = await createTestApp({ corsOrigins: ["https://shop.example"] });
  await app.send("PUT", "/channel/c", {});
  const write = async (headers: HeadersInit) =>
    (await app.request("/channel/c", { method: "POST", body: "x", headers })).status;
  equal(await write({ Origin: "http://datahub:8080" }), 201);
  equal(await write({ Origin: "https://shop.example", "Sec-Fetch-Site": "cross-site" }), 201);
  equal(await write({}), 201);
  for (const origin of ["https://evil.example", "http://datahub:3000", "http://localhost:3000", "null"]) {
    equal(await write({ Origin: origin }), 403, origin);
    equal(await write({ Origin: origin, "Sec-Fetch-Site": "same-site" }), 403, origin);
  }
});

testOnBothEngines("last key revoked: nobody is let in any more, this machine included", async (app) => {
  equal((await app.request("/channel")).status, 200);
  const key = await app.services.keys.add("ops", ["admin"], null);
  equal((await app.request("/channel")).status, 401);
  equal((await app.request("/channel", { headers: { Authorization: `Bearer ${key}` } })).status, 200);
  equal(await app.services.keys.revoke("ops"), true);
  equal((await app.request("/channel", { headers: { Authorization: `Bearer ${key}` } })).status, 401);
  match((await (await app.request("/channel")).json()).detail, /the last API key was revoked/);
  deepEqual(await app.services.keys.list(), []);
  equal((await app.request("/health")).status, 200);
  await app.services.keys.add("ops", ["admin"], null);
});

Deno.test("ALLOW_ANONYMOUS opens a server whose last key was revoked", async () => {
  await using app = await createTestApp({ allowAnonymous: true });
  await app.services.keys.add("ops", ["admin"], null);
  equal((await app.request("/channel")).status, 401);
  await app.services.keys.revoke("ops");
  equal((await app.request("/channel")).status, 200);
});

Deno.test("a peer counts as this machine only when no proxy asks for somebody else", () => {
  const from = (hostname: string) =>
    ({ remoteAddr: { transport: "tcp", hostname, port: 1 } }) as Deno.ServeHandlerInfo;
  const isLocal = (trustProxy: boolean, info: Deno.ServeHandlerInfo | undefined, headers: HeadersInit = {}) =>
    createPeer(trustProxy)(info).isLocal(new Request("http://localhost/", { headers }));
  equal(isLocal(false, from("127.0.0.1")), true);
  equal(isLocal(false, from("::1")), true);
  equal(isLocal(false, from("192.0.2.1")), false);
  equal(isLocal(false, undefined), false);
  equal(
    isLocal(false, { remoteAddr: { transport: "unix", path: "/s" } } as unknown as Deno.ServeHandlerInfo),
    true,
  );
  for (const name of ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]) {
    equal(isLocal(false, from("127.0.0.1"), { [name]: "127.0.0.1" }), false, name);
  }
  equal(isLocal(true, from("127.0.0.1"), { "X-Forwarded-For": "192.0.2.1, 127.0.0.1" }), false);
  equal(isLocal(true, from("127.0.0.1"), { "X-Forwarded-For": "127.0.0.1" }), true);
  equal(isLocal(true, from("192.0.2.1"), { "X-Forwarded-For": "127.0.0.1" }), false);
});

Deno.test("an open WebSocket is closed with 4401 when its key is revoked or expires, and when a key becomes needed", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  await using process = await startProcess({ database });
  const channel = await createChannel(process.url, "news");
  const open = async (query: string) => {
    const socket = new WebSocket(`${channel.replace("http", "ws")}/ws${query}`);
    const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
    await new Promise((resolve) => socket.onopen = resolve);
    return { closed };
  };
  const runnel = async (...args: string[]) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-P", "main.ts", ...args],
      cwd: new URL("../../", import.meta.url).pathname,
      env: { DATABASE_URL: database },
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const anonymous = await open("");
  const secret = await runnel("keys", "add", "reader", "--scopes", "channels:read");
  equal(await anonymous.closed, 4401);
  const keyed = await open(`?access_token=${secret}`);
  match(await runnel("keys", "revoke", "reader"), /nobody is let in/);
  equal(await keyed.closed, 4401);
});

Deno.test("data files are their owner's alone, and a laxer one is said at start", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/data/runnel.db`;
  {
    await using process = await startProcess({ database: `file:${path}` });
    equal((await send("PUT", `${process.url}/channel/c`, {})).status, 201);
    for await (const { name } of Deno.readDir(`${folder.path}/data`)) {
      equal((await Deno.stat(`${folder.path}/data/${name}`)).mode! & 0o777, 0o600, name);
    }
    equal((await Deno.stat(`${folder.path}/data`)).mode! & 0o777, 0o700);
    doesNotMatch(process.log(), /can be read by others/);
  }
  await Deno.chmod(path, 0o644);
  await using process = await startProcess({ database: `file:${path}` });
  match(process.log(), /runnel\.db can be read by others than its owner: chmod 600/);
});

Deno.test("forged log lines: control characters of a path are escaped", async () => {
  await using app = await createTestApp({ logRequests: true });
  await app.request("/nothing%0AFAKE%1b[31mline%E2%80%A8end");
  equal(app.log.length, 1);
  match(app.log[0]!, /GET \/nothing%0AFAKE%1B\[31mline%E2%80%A8end 404/);
});

Deno.test("stored script: what users stored is sandboxed in the answers of other areas, refusals included", async () => {
  await using app = await createTestApp();
  const script = "<script>1<script>";
  await app.send("PUT", "/channel/c", { description: script });
  await app.request("/channel/c", { method: "POST", body: script, headers: { "Content-Type": "text/html" } });
  const profile = await app.send("PUT", "/profile/shop/ann", { twitter: { id: script } });
  equal(profile.status, 200);
  const frame = await app.request("/api/store/r/s", {
    method: "PUT",
    body: `index,x\n2020-01-01,${script}\n`,
    headers: { "Content-Type": "text/csv" },
  });
  equal(frame.ok, true);
  const holding = ["/channel/c", "/channel/c/latest/5?bulk=true", "/api/store/r/s"];
  for (const path of [...holding, "/profile/shop/ann", "/channel", "/analytics", "/api/store", "/nothing"]) {
    const answer = await app.request(path);
    equal(answer.status, path === "/nothing" ? 404 : 200, path);
    equal((await answer.text()).includes(script), holding.includes(path), path);
    equal(answer.headers.get("content-security-policy"), "sandbox; default-src 'none'", path);
    equal(answer.headers.get("x-content-type-options"), "nosniff", path);
  }
});
