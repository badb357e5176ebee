import { deepEqual, equal, match } from "../support/assert.ts";
import { z } from "zod";
import { duration, flag, list, settings, wholeNumber } from "../../api/parameters.ts";
import { ROUTES } from "../../routes/app.ts";
import { createTestApp } from "../support/app.ts";

/** A path of a route, with something in place of each parameter. */
const addressOf = (path: string) =>
  path.replace(
    /:\w+(?:\{([^}]*)\})?/g,
    (_, pattern?: string) =>
      pattern === undefined ? "something" : pattern.startsWith("[0-9]") ? "12" : pattern.split("|")[0]!,
  );

Deno.test("a parameter that is not known is refused everywhere, with those that are", async () => {
  await using app = await createTestApp();
  for (const { method, path, reference, access } of ROUTES) {
    if (reference.ignoresUnknown) continue;
    const answer = await app.request(`${addressOf(path)}?strat=2026-01-01`, { method });
    const name = `${method} ${path}`;
    equal(answer.status, 400, name);
    const { detail, message } = await answer.json();
    match(
      detail ?? message,
      /^strat is not a known parameter: (known are .+|this address takes none)$/,
      name,
    );
    equal(access === "public" && path !== "/api/auth", false, `${name} is public and strict`);
  }
});

Deno.test("pages and probes ignore parameters that they do not know", async () => {
  await using app = await createTestApp();
  for (const path of ["/", "/docs", "/docs/start.js", "/openapi.json", "/health"]) {
    equal((await app.request(`${path}?utm_source=letter`)).status, 200, path);
  }
});

Deno.test("a parameter given twice is refused, and access_token is known everywhere", async () => {
  await using app = await createTestApp();
  const twice = await app.request("/channel?tag=a&tag=b");
  equal(twice.status, 400);
  deepEqual((await twice.json()).errors, [{ path: "tag", message: "is given more than once" }]);
  equal((await app.request("/channel?access_token=rk_unused")).status, 200);
});

Deno.test("a DELETE with a misspelt parameter removes nothing", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/api/store/r/s", { a: { "2020-01-01": 1 } });
  await app.send("PUT", "/channel/news", {});
  for (const path of ["/api/store/r/s?form=2020-01-01", "/channel/news?dry_run=1"]) {
    equal((await app.request(path, { method: "DELETE" })).status, 400, path);
  }
  equal((await app.request("/api/store/r/s")).status, 200);
  equal((await app.request("/channel/news")).status, 200);
});

Deno.test("HEAD has the Content-Length that GET has", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/news", {});
  await app.send("PUT", "/profile/app/ann", { twitter: { id: "1" } });
  for (const path of ["/", "/health", "/channel", "/channel/news", "/analytics/app", "/profile/app/ann"]) {
    const length = (await (await app.request(path)).bytes()).byteLength;
    const head = await app.request(path, { method: "HEAD" });
    equal(head.headers.get("content-length"), `${length}`, path);
    equal((await head.bytes()).byteLength, 0, path);
  }
});

Deno.test("wholeNumber() reads digits within its limits and is an integer in the reference", () => {
  const schema = wholeNumber(1, 10, "How many.");
  equal(schema.parse("7"), 7);
  for (const wrong of ["0", "11", "-1", "1.5", "", " 7", "7e0", "0x7", "٧", "99999999999999999999"]) {
    deepEqual(schema.safeParse(wrong).error?.issues[0]?.message, "a whole number from 1 to 10", wrong);
  }
  deepEqual(
    (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as { type: string }).type,
    "integer",
  );
});

Deno.test("flag(), list() and duration() read one form each and refuse others in words", () => {
  deepEqual(["1", "true", "0", "false"].map((text) => flag("").parse(text)), [true, true, false, false]);
  equal(flag("").safeParse("yes").success, false);
  deepEqual(list("").parse("a, b,,c"), ["a", "b", "c"]);
  deepEqual(["500ms", "30s", "5m", "1h", "7d"].map((text) => duration(1e9, "").parse(text)), [
    500,
    30_000,
    300_000,
    3_600_000,
    604_800_000,
  ]);
  for (const wrong of ["30", "s", "1.5h", "-1s", "1y"]) {
    equal(duration(1e9, "").safeParse(wrong).success, false, wrong);
  }
});

Deno.test("settings() refuses a field that it does not know and lists those that it does", () => {
  const { error } = settings({ ttl: z.int(), tags: z.array(z.string()) }).partial().safeParse({ tll: 1 });
  equal(error?.issues[0]?.message, "tll: not a known field; known are ttl, tags");
});
