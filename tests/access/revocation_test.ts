import { deepEqual, equal, ok, rejects } from "../support/assert.ts";
import { ROUTES } from "../../routes/app.ts";
import type { Route } from "../../routes/route.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { RawConnection } from "../support/socket.ts";

const MIB = 1 << 20, JSON_TYPE = { "Content-Type": "application/json" };
const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

/** Routes without an end of their own, by how they are followed, and the request that follows each. */
const SOCKETS: Record<string, string> = {
  "/channel/:name/ws": "/channel/c/ws",
  "/ws": "/ws?channels=c",
  "/channel/:name/consumers/:consumer/ws": "/channel/c/consumers/w/ws",
  "/user/sessions-live": "/user/sessions-live",
};
const EVENTS: Record<string, string> = {
  "/channel/:name/events": "/channel/c/events",
  "/events": "/events?channels=c",
  "/user/sessions-live": "/user/sessions-live",
};
const WAITS: Record<string, string> = {
  "/channel/:name/:id/next/:n": "/channel/c/NEWEST/next/1?wait=60s",
  "/channel/:name/consumers/:consumer/pull": "/channel/c/consumers/w/pull",
};
/** Answers that are long enough to be sent in pieces. */
const DOWNLOADS = [
  "/channel/c/latest/3000",
  "/channel/c/latest/3000?bulk=true",
  "/channel/c/LARGE",
  "/user/last-events?days=1&limit=50000",
  "/api/store/plant/pump",
];

const streams = (
  isOne: (route: Route) => boolean,
) => [...new Set(ROUTES.filter(isOne).map(({ path }) => path))];

Deno.test("every route without an end of its own is among those that are tried here", () => {
  deepEqual(streams(({ reference }) => 101 in reference.answers).toSorted(), Object.keys(SOCKETS).toSorted());
  const isEvents = ({ reference }: Route) =>
    Object.values(reference.answers).some(({ type }) => type === "text/event-stream");
  deepEqual(streams(isEvents).toSorted(), Object.keys(EVENTS).toSorted());
  const waits = ({ reference }: Route) =>
    [reference.query, reference.body?.schema].some((schema) =>
      schema !== undefined && "shape" in schema && "wait" in (schema.shape as object)
    );
  deepEqual(streams(waits).toSorted(), Object.keys(WAITS).toSorted());
});

/** An application with data, an `admin` key that stays, and one that is to be revoked. */
async function withKeys() {
  const app = await createTestApp({ engine: "file" });
  await fill(app);
  const secret = await app.services.keys.add("guest", ["admin"], null);
  await app.services.keys.add("other", ["admin"], null);
  return { app, secret, revoke: () => app.services.keys.revoke("guest") };
}

async function fill(app: TestApp): Promise<void> {
  await app.send("PUT", "/channel/c", {});
  const lines = Array.from({ length: 3_000 }, (_, i) => `"${i} ${"x".repeat(200)}"\n`).join("");
  const headers = { "Content-Type": "application/x-ndjson" };
  equal((await app.request("/channel/c/bulk", { method: "POST", headers, body: lines })).status, 201);
  await app.send("PUT", "/channel/c/consumers/w", { start: "latest" });
  const events = Array.from({ length: 9_000 }, (_, i) => ({
    event: "start",
    country: "DE",
    user_id: "u",
    session_id: `s${i}`,
    ts: new Date(app.time.now - 1_000).toISOString().slice(0, 19),
  }));
  equal((await app.send("POST", "/user/batches", events)).status, 200);
  const rows = Array.from({ length: 90_000 }, (_, i) => `${new Date(i * 1_000).toISOString()},${i}`);
  const csv = { "Content-Type": "text/csv" };
  const body = ["time,a", ...rows].join("\n");
  equal(
    (await app.request("/api/store/plant/pump?index=time", { method: "PUT", headers: csv, body })).status,
    200,
  );
}

Deno.test("a stream of events ends when its key is revoked", async () => {
  for (const path of Object.values(EVENTS)) {
    const { app, secret, revoke } = await withKeys();
    await using _ = app;
    const reader = (await app.stream(path, bearer(secret))).body!.getReader();
    await reader.read();
    const coming = reader.read();
    await revoke();
    await rejects(coming, /can no longer be used/, path);
  }
});

Deno.test("a long poll is answered 401 when its key is revoked, and takes nothing of what comes then", async () => {
  for (const [route, path] of Object.entries(WAITS)) {
    const { app, secret, revoke } = await withKeys();
    await using _ = app;
    const isPull = route.endsWith("/pull");
    const headers = { ...bearer(secret), ...isPull && JSON_TYPE };
    const init = isPull ? { method: "POST", headers, body: '{"wait":"60s"}' } : { headers };
    const [{ id }] =
      (await (await app.request("/channel/c/latest/1", { headers: bearer(secret) })).json()).items;
    const polling = app.request(path.replace("NEWEST", id), init);
    await app.database.query("SELECT 1");
    await revoke();
    equal((await polling).status, 401, path);
  }
});

Deno.test("the dashboard's live end of a channel stops when the key of its cookie is revoked", async () => {
  const { app, secret, revoke } = await withKeys();
  await using _ = app;
  for (const query of ["", "?key=a"]) {
    const cookie = `runnel_key=${
      query === "" ? secret : await app.services.keys.add("last", ["admin"], null)
    }`;
    const answer = await app.stream(`/dashboard/channels/c/live${query}`, { Cookie: cookie });
    equal(answer.status, 200);
    const reader = answer.body!.getReader();
    await reader.read();
    await (query === "" ? revoke() : app.services.keys.revoke("last"));
    let isOver = false;
    while (!isOver) isOver = await reader.read().then(({ done }) => done, () => true);
  }
});

Deno.test("a download breaks off when its key is revoked", async () => {
  const { app, secret } = await withKeys();
  await using _ = app;
  const large = await app.request("/channel/c", {
    method: "POST",
    body: new Uint8Array(4 * MIB),
    headers: bearer(secret),
  });
  const { id } = await large.json();
  for (const path of DOWNLOADS) {
    const key = await app.services.keys.add("short", ["admin"], null);
    const answer = await app.stream(path.replace("LARGE", id), bearer(key));
    equal(answer.status, 200, path);
    const reader = answer.body!.getReader();
    ok(!(await reader.read()).done, path);
    await app.services.keys.revoke("short");
    await rejects(
      async () => {
        while (!(await reader.read()).done);
      },
      /can no longer be used/,
      path,
    );
  }
});

Deno.test("lines that are stored as they come stop being stored when their key is revoked", async () => {
  const { app, secret, revoke } = await withKeys();
  await using _ = app;
  const line = (session: string) =>
    JSON.stringify({
      event: "start",
      country: "DE",
      user_id: "late",
      session_id: session,
      ts: new Date(app.time.now - 1_000).toISOString().slice(0, 19),
    }) + "\n";
  const { readable, writable } = new TransformStream<Uint8Array>();
  const writer = writable.getWriter(), encoder = new TextEncoder();
  const answer = app.request("/user/batches?partial=true", {
    method: "POST",
    headers: { ...bearer(secret), "Content-Type": "application/x-ndjson" },
    body: readable,
  });
  await writer.write(encoder.encode(line("before")));
  await revoke();
  await writer.write(encoder.encode(line("after"))).catch(() => {});
  equal((await answer).status, 401);
});

Deno.test("over the wire: sockets are closed with 4401, events and downloads end, though nobody reads", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const at = (path: string) => `${process.url}${path}`;
  const add = async (name: string, headers = {}) => {
    const body = JSON.stringify({ name, scopes: ["admin"] });
    const answer = await fetch(at("/keys"), { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
    return (await answer.json()).secret as string;
  };
  const admin = bearer(await add("admin")), guest = await add("guest", admin);
  const headers = { ...admin, ...JSON_TYPE };
  for (const path of ["/channel/c", "/channel/c/consumers/w"]) {
    await (await fetch(at(path), { method: "PUT", body: "{}", headers })).body?.cancel();
  }
  const stored = await fetch(at("/channel/c"), {
    method: "POST",
    body: new Uint8Array(9 * MIB),
    headers: admin,
  });
  const { id } = await stored.json();

  const closed = await Promise.all(
    Object.values(SOCKETS).map(async (path) => {
      const query = `${path.includes("?") ? "&" : "?"}access_token=${guest}`;
      const socket = new WebSocket(at(path + query).replace("http", "ws"));
      const code = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
      await new Promise((resolve) => socket.onopen = resolve);
      return { code };
    }),
  );
  const connections = await Promise.all(
    [...Object.values(EVENTS), `/channel/c/${id}`].map(async (path) => {
      const connection = await RawConnection.open(process.url);
      await connection.send(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${guest}\r\n\r\n`,
      );
      ok((await connection.until("\r\n\r\n"))?.startsWith("HTTP/1.1 200"));
      return connection;
    }),
  );
  const revoked = await fetch(at("/keys/guest"), { method: "DELETE", headers: admin });
  equal(revoked.status, 204);
  for (const { code } of closed) equal(await code, 4401);
  for (const connection of connections) {
    using _ = connection;
    ok((await connection.rest()).length < 9 * MIB);
  }
});
