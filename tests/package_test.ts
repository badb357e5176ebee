/** What a user downloads and what the compiled binary holds: all of the program, and nothing of its tests. */
import { deepEqual, equal, ok } from "./support/assert.ts";

const ROOT = new URL("../", import.meta.url);
const PROGRAM = [
  "main.ts",
  "config",
  "api",
  "cli",
  "client",
  "dashboard",
  "db",
  "demo",
  "domain",
  "jobs",
  "routes",
];
/** A picture is made by a browser of the tests' configuration. */
const NOT_THE_PROGRAM = ["demo/screenshots.ts"];

async function* sourcesBelow(path: string): AsyncGenerator<{ path: string; text: string }> {
  const { isDirectory } = await Deno.stat(new URL(path, ROOT));
  if (!isDirectory) {
    if (/\.tsx?$/.test(path) && !NOT_THE_PROGRAM.includes(path)) {
      yield { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
    }
    return;
  }
  for await (const { name } of Deno.readDir(new URL(path, ROOT))) yield* sourcesBelow(`${path}/${name}`);
}

async function programSources(): Promise<{ path: string; text: string }[]> {
  const sources = [];
  for (const path of PROGRAM) for await (const source of sourcesBelow(path)) sources.push(source);
  ok(sources.length > 200);
  return sources;
}

async function configuration(name: string) {
  return JSON.parse(await Deno.readTextFile(new URL(name, ROOT)));
}

Deno.test("deno.json names what the program imports and no more; deno.dev.json has the same versions", async () => {
  const imported = new Set<string>();
  for (const { text } of await programSources()) {
    for (const [, name] of text.matchAll(/(?:from|import|import\() ?"((?:@[\w.-]+\/)?[\w.-]+)[^"]*"/g)) {
      if (!name!.startsWith(".") && !/^(node|npm|https?)$/.test(name!)) imported.add(name!);
    }
  }
  const { imports: product } = await configuration("deno.json");
  const { imports: all } = await configuration("deno.dev.json");
  deepEqual(Object.keys(product).sort(), [...imported].sort());
  for (const [name, version] of Object.entries(product)) equal(all[name], version, name);
});

Deno.test("both configurations compile with the same options and know the same permissions", async () => {
  const product = await configuration("deno.json"), dev = await configuration("deno.dev.json");
  for (const part of ["compilerOptions", "permissions", "unstable"]) {
    deepEqual(dev[part], product[part], part);
  }
});

Deno.test("the compiled binary holds every worker, and nothing reads a path of the source tree", async () => {
  const { tasks } = await configuration("deno.json");
  const included = Array.from(
    tasks.compile.command.matchAll(/--include (\S+)/g),
    ([, path]: string[]) => path,
  );
  const workers: string[] = [];
  for (const { path, text } of await programSources()) {
    for (const [line] of text.matchAll(/^.*import\.meta\.(?!main).*$/gm)) {
      // The scheme alone, which tells a program on a disk from one that was fetched.
      if (/\{ protocol \} = new URL\(import\.meta\.url\)/.test(line)) continue;
      const worker = /(?:new Worker\(|const module = )new URL\("([^"]+)", import\.meta\.url\)/.exec(line)
        ?.[1];
      ok(worker !== undefined, `${path} reads its own place for something else than a worker: ${line}`);
      workers.push(new URL(worker, new URL(path, ROOT)).pathname.slice(ROOT.pathname.length));
    }
  }
  deepEqual(workers.sort(), [...included].sort());
  for (const path of included) ok((await Deno.stat(new URL(path!, ROOT))).isFile);
});
