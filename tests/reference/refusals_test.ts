import { equal, ok } from "../support/assert.ts";
import { ROUTES } from "../../routes/app.ts";
import { createTestApp } from "../support/app.ts";

/** An address of the route. */
const addressOf = (path: string) =>
  path.replace(/:unit\{[^}]*\}/, "day").replace(/:\w+(\{[^}]*\})?/g, "1").replace("/1/1/1", "/2026/01/02");

// `createTestApp` holds each answer against the reference of its route.
Deno.test("every route that another web site may not call says so in the reference", async () => {
  await using app = await createTestApp();
  for (const { method, path } of ROUTES) {
    const headers = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    const { status } = await app.request(addressOf(path), { method, headers });
    ok([403, 426].includes(status), `${method} ${path}: ${status}`);
  }
});

Deno.test("every route for people that reads a body says in the reference that it may be too large", async () => {
  await using app = await createTestApp();
  const routes = ROUTES.filter(({ access, reference }) =>
    access === "person" && reference.body !== undefined
  );
  ok(routes.length > 3);
  for (const { method, path } of routes) {
    const body = JSON.stringify({ time: "x".repeat(70_000) });
    const headers = { "Content-Type": "application/json", Authorization: "Bearer x" };
    const { status } = await app.request(addressOf(path), { method, body, headers });
    ok([401, 413].includes(status), `${method} ${path}: ${status}`);
  }
});

Deno.test("PUT /channel/{name} creates the channel that another request removes at the moment", async () => {
  await using app = await createTestApp();
  for (let i = 0; i < 200; i++) {
    const answers = await Promise.all([
      app.send("PUT", "/channel/contested", { tags: ["a"] }),
      app.request("/channel/contested", { method: "DELETE" }),
      app.send("PUT", "/channel/contested", {}),
      app.request("/channel/contested", { method: "DELETE" }),
    ]);
    for (const [j, { status }] of answers.entries()) {
      ok(j % 2 === 0 ? [200, 201].includes(status) : [204, 404].includes(status), `${j}: ${status}`);
    }
  }
  equal((await app.send("PUT", "/channel/contested", {})).status < 300, true);
});
