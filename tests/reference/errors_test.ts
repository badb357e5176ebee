import { equal, match, ok } from "../support/assert.ts";
import { ERRORS } from "../../domain/errors.ts";
import { createTestApp } from "../support/app.ts";

Deno.test("the type of a refusal leads to its place on this server, without a key", async () => {
  await using app = await createTestApp();
  await app.services.keys.add("key", ["admin"], null);
  for (const path of ["/no/such/address", "/channel", "/user/metrics?days=1"]) {
    const problem = await (await app.request(path)).json();
    const { pathname, hash } = new URL(problem.type, `http://datahub:8080${path}`);
    const answer = await app.request(pathname);
    equal(answer.status, 200);
    match(answer.headers.get("content-type")!, /^text\/html/);
    const page = await answer.text();
    ok(page.includes(`<tr id="${hash.slice(1)}">`), problem.type);
    ok(page.includes(problem.title), problem.title);
  }
  const page = await (await app.request("/docs/errors")).text();
  for (const code of Object.keys(ERRORS)) ok(page.includes(`<tr id="${code}">`), code);
});
