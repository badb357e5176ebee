import { deepEqual, equal, match, ok } from "./support/assert.ts";
import { READABLE, ROWS } from "../.ci/settings.ts";
import settings from "../deno.json" with { type: "json" };
import { ADVICE, type ErrorCode, ERRORS } from "../domain/errors.ts";
import { AREA_NAMES } from "../domain/areas.ts";
import { STATUS } from "../routes/errors.ts";

const ROOT = new URL("../", import.meta.url);
/** Which rooms each room may import from, besides itself; `client/` may take types of the server and nothing else. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  main: ["config", "routes", "jobs", "cli", "domain", "db"],
  config: [],
  routes: ["api", "domain", "db", "dashboard"],
  api: ["domain"],
  jobs: ["domain"],
  cli: ["api", "domain", "db", "client", "config"],
  domain: ["db", "deno"],
  db: [],
  dashboard: ["api"],
  client: [],
};
/** Where areas meet: the files and folders that compose all of them. */
const COMPOSES_AREAS = [
  "domain/services.ts",
  "routes/app.ts",
  "routes/services.ts",
  "cli/main.ts",
  "jobs/mod.ts",
  "db/operation/doctor.ts",
];
/** Folders whose many small files are one subject. */
// Migrations grow by one with each change of the schema.
const LARGE_FOLDERS = ["domain/conversations/analysis", "db/migrations"];
const MOST_FILES = 13;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

async function* sourceFiles(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* sourceFiles(new URL(`${entry.name}/`, folder));
    else if (/\.tsx?$/.test(entry.name)) yield new URL(entry.name, folder);
  }
}

async function importsOf(room: string): Promise<Import[]> {
  const files: URL[] = [];
  const single = new URL(`${room}.ts`, ROOT);
  if (await Deno.stat(single).then(() => true, () => false)) files.push(single);
  else for await (const file of sourceFiles(new URL(`${room}/`, ROOT))) files.push(file);
  const imports = await Promise.all(files.map(async (file) => {
    const text = await Deno.readTextFile(file);
    const statements = text.matchAll(
      /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    );
    return Array.from(statements, ([, type, named, dynamic]) => ({
      file: file.pathname.slice(ROOT.pathname.length),
      from: room,
      specifier: (named ?? dynamic)!,
      typeOnly: type !== undefined,
    }));
  }));
  return imports.flat();
}

/** The cells of all Markdown tables of a page. */
function tableRows(page: string): string[][] {
  const lines = page.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** The area whose folder a file stands in. */
function areaOf(path: string): string | undefined {
  return AREA_NAMES.find((area) => path.split("/")[1] === area);
}

function roomOf({ file, specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = new URL(specifier, new URL(file, ROOT)).pathname.slice(ROOT.pathname.length);
  return path.split("/")[0]!.replace(/\.(ts|json)$/, "");
}

Deno.test("imports point one way: main, then routes, jobs and cli, then domain, then db", async () => {
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    const imports = await importsOf(room).catch(() => []);
    for (const item of imports) {
      const target = roomOf(item);
      const fine = target === undefined || target === room || allowed.includes(target) ||
        (room === "client" && item.typeOnly);
      ok(fine, `${item.file} imports ${item.specifier}, but ${room} may only import ${allowed.join(", ")}`);
    }
  }
});

Deno.test("an area imports no other area", async () => {
  for (const room of ["routes", "domain", "db"]) {
    for (const { file, specifier } of await importsOf(room)) {
      const from = areaOf(file);
      if (from === undefined || !specifier.startsWith(".")) continue;
      const to = areaOf(new URL(specifier, new URL(file, ROOT)).pathname.slice(ROOT.pathname.length));
      ok(to === undefined || to === from, `${file} imports ${specifier}, of another area`);
    }
  }
});

Deno.test("outside the areas, only what composes all areas names one", async () => {
  for (const room of ["main", "routes", "jobs", "domain", "db"]) {
    for (const { file, specifier } of await importsOf(room)) {
      if (areaOf(file) !== undefined || COMPOSES_AREAS.includes(file) || !specifier.startsWith(".")) continue;
      const to = areaOf(new URL(specifier, new URL(file, ROOT)).pathname.slice(ROOT.pathname.length));
      equal(to, undefined, `${file} imports ${specifier}`);
    }
  }
});

Deno.test("no file imports itself through others", async () => {
  const imports = (await Promise.all(Object.keys(MAY_IMPORT).map((room) => importsOf(room)))).flat();
  const graph = Map.groupBy(imports.filter(({ specifier }) => specifier.startsWith(".")), ({ file }) => file);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    ok(!path.includes(file), `a circle: ${[...path, file].join(" → ")}`);
    if (done.has(file)) return;
    for (const { specifier } of graph.get(file) ?? []) {
      visit(new URL(specifier, new URL(file, ROOT)).pathname.slice(ROOT.pathname.length), [...path, file]);
    }
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

Deno.test("a folder has at most a dozen files or so", async () => {
  for (const room of ["routes", "api", "domain", "db", "cli", "client", "jobs", "dashboard"]) {
    const files: URL[] = [];
    for await (const file of sourceFiles(new URL(`${room}/`, ROOT))) files.push(file);
    const folders = Map.groupBy(files, (file) => new URL(".", file).pathname.slice(ROOT.pathname.length, -1));
    for (const [folder, { length }] of folders) {
      ok(length <= MOST_FILES || LARGE_FOLDERS.includes(folder), `${folder} has ${length} files`);
    }
  }
});

Deno.test("the domain knows no Hono and no SQL text; the database knows no HTTP", async () => {
  for (const { file, specifier } of await importsOf("domain")) {
    // Signing a token is no HTTP.
    ok(!/^(hono(?!\/jwt$)|@libsql|libsql)/.test(specifier), `${file} imports ${specifier}`);
  }
  for (const { file, specifier } of await importsOf("db")) {
    ok(!/^(hono|zod)/.test(specifier), `${file} imports ${specifier}`);
  }
  for await (const file of sourceFiles(new URL("domain/", ROOT))) {
    const text = await Deno.readTextFile(file);
    ok(
      !/\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b/.test(text),
      `${file.pathname} holds SQL`,
    );
  }
});

Deno.test("only domain/time.ts writes moments as text", async () => {
  for (const room of ["routes", "api", "jobs", "cli", "domain", "db"]) {
    for await (const file of sourceFiles(new URL(`${room}/`, ROOT))) {
      if (file.pathname.endsWith("/domain/time.ts")) continue;
      ok(
        !/\.toISOString\(/.test(await Deno.readTextFile(file)),
        `${file.pathname} writes a time without iso()`,
      );
    }
  }
});

Deno.test("only config/ reads the environment", async () => {
  for (const room of ["main", "routes", "jobs", "cli", "domain", "db", "dashboard", "client"]) {
    for (const file of new Set((await importsOf(room).catch(() => [])).map((item) => item.file))) {
      const text = await Deno.readTextFile(new URL(file, ROOT));
      ok(!/Deno\.env|process\.env/.test(text), `${file} reads the environment`);
    }
  }
});

Deno.test("README's table of environment variables is config/variables.ts's", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const rows = tableRows(readme).filter(([name]) => /^`[A-Z_]+`$/.test(name!));
  deepEqual(rows, ROWS, "deno task settings");
});

Deno.test("deno.json lets the program read config/'s environment variables", () => {
  deepEqual(settings.permissions.default.env, READABLE, "deno task settings");
});

Deno.test("docs/errors.md lists every error with its status", async () => {
  const page = await Deno.readTextFile(new URL("docs/errors.md", ROOT));
  const rows = tableRows(page).filter(([code]) => /^`[a-z-]+`$/.test(code!));
  const expected = Object.entries(ERRORS).map(([code, title]) => [
    `\`${code}\``,
    String(STATUS[code as ErrorCode]),
    title,
    ADVICE[code as ErrorCode],
  ]);
  deepEqual(rows, expected);
});

Deno.test("README names every dependency that the program has", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.dev.json", ROOT)));
  for (const name of Object.keys(imports)) {
    ok(readme.includes(`\`${name}\``), `README does not say what ${name} is for`);
  }
  equal(Object.values(imports).every((specifier) => /^npm:.+@\d+\.\d+\.\d+/.test(String(specifier))), true);
  match(readme, /npx --yes deno@2\.9\.6 task start/);
});

Deno.test("tests take their assertions from tests/support/assert.ts, which are strict", async () => {
  const direct = (await importsOf("tests")).filter(({ specifier }) => specifier.startsWith("node:assert"));
  deepEqual(direct.map(({ file }) => file), ["tests/support/assert.ts"]);
});
