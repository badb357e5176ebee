import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { ROUTES } from "../../routes/app.ts";
import { createTestApp } from "../support/app.ts";

Deno.test("/openapi.json is valid OpenAPI 3.1 and has every route with its answers and errors", async () => {
  await using app = await createTestApp();
  const answer = await app.request("/openapi.json");
  equal(answer.headers.get("content-type"), "application/json");
  const document = await answer.json();
  match(document.openapi, /^3\.1\./);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  equal(valid, true, JSON.stringify(errors));

  const documented = Object.entries(document.paths as Record<string, Record<string, unknown>>)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  deepEqual(
    documented.toSorted(),
    ROUTES.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*?\})?/g, "{$1}")}`).sort(),
  );
  const ids = new Set<string>();
  for (const { method, path, reference } of ROUTES) {
    const name = `${method} ${path}`;
    const operation = document.paths[path.replace(/:(\w+)(\{.*?\})?/g, "{$1}")][method.toLowerCase()];
    equal(operation.summary, reference.summary, name);
    ok(Object.keys(reference.answers).length > 0, `${name} does not say what it answers`);
    ok(Object.keys(operation.responses).some((status) => Number(status) >= 400), `${name} has no errors`);
    ids.add(operation.operationId);
  }
  equal(ids.size, ROUTES.length, "each operation has an id of its own");
});

Deno.test("the reference shows the schema that validates, with its limits, example and errors", async () => {
  await using app = await createTestApp();
  const { paths } = await (await app.request("/openapi.json")).json();
  const { post } = paths["/user/batches"];
  const { schema, example } = post.requestBody.content["application/json"];
  equal(schema.maxItems, 10_000);
  deepEqual(schema.items.required, ["user_id", "session_id", "event", "ts"]);
  deepEqual(schema.items.properties.event.enum, ["start", "end"]);
  equal((await app.send("POST", "/user/batches", example)).status, 200, "the example is a valid request");
  deepEqual(post.security, [{}, { key: ["sessions:write"] }]);
  match(post.responses[400].description, /invalid-request/);
  const { get } = paths["/user/last-sessions-user"];
  deepEqual(
    get.parameters.map(({ name, required }: { name: string; required: boolean }) => [name, required]),
    [
      ["user_id", true],
      ["limit", false],
      ["details", false],
    ],
  );
});

Deno.test("every example of a request body in the reference is accepted", () => {
  for (const { method, path, reference } of ROUTES) {
    const { schema, example } = reference.body ?? {};
    if (schema === undefined) continue;
    ok(example !== undefined, `${method} ${path} has no example`);
    const result = schema.safeParse(example);
    ok(result.success, `${method} ${path}: ${result.error?.message}`);
  }
});

Deno.test("/docs and its files come from the process itself, under a strict Content-Security-Policy", async () => {
  await using app = await createTestApp();
  const page = await app.request("/docs/");
  equal(page.status, 200);
  match(page.headers.get("content-security-policy")!, /script-src 'self';/);
  const text = await page.text();
  const files = Array.from(
    text.matchAll(/<(?:link|script) [^>]*(?:src|href)="([^"]+)"/g),
    ([, file]) => file!,
  );
  equal(files.length, 5);
  for (const file of files) {
    match(file, /^\/(docs|dashboard\/assets)\//);
    const answer = await app.stream(file);
    equal(answer.status, 200, file);
    ok((await answer.bytes()).byteLength > 0, file);
  }
  for (const file of ["package.json", "..%2fpackage.json", "constructor"]) {
    equal((await app.request(`/docs/${file}`)).status, 404, file);
  }
});
