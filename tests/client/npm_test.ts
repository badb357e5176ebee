/** The package as its users have it: packed, installed into an empty project, and used from there. */
import { deepEqual, equal } from "../support/assert.ts";
import { TextLineStream } from "../support/lines.ts";
import { temporaryFolder } from "../support/process.ts";
import { buildPackage, PROGRAM, SAID, saidThroughARestart } from "./program.ts";

const HEAD = `
import { RunnelClient, RunnelProblem } from "runnel-client";
const [url] = globalThis.Deno?.args ?? process.argv.slice(2);
const runnel = new RunnelClient(url);
const say = (...values) => console.log(values.join(" "));
`;

/** The packed package: built once, as \`npm publish\` would take it. */
async function pack(folder: string): Promise<string> {
  await buildPackage(`${folder}/dist`);
  const packed = await run(["npm", "pack", "--silent", "--pack-destination", folder], `${folder}/dist`);
  return `${folder}/${packed.trim()}`;
}

async function run([command, ...args]: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command!, { args, cwd }).output();
  equal(success, true, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const RUNTIMES: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["Node", ["node"]],
  ["Deno", [Deno.execPath(), "run", "--allow-net", "--node-modules-dir=manual"]],
];

Deno.test("the packed client works in an empty project of Node and of Deno, through a restart of the server", async (t) => {
  await using folder = await temporaryFolder();
  const archive = await pack(folder.path);
  for (const [name, command] of RUNTIMES) {
    await t.step(name, async () => {
      const project = `${folder.path}/${name}`;
      await Deno.mkdir(project);
      const description = { type: "module", dependencies: { "runnel-client": `file:${archive}` } };
      await Deno.writeTextFile(`${project}/package.json`, JSON.stringify(description));
      await run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--offline"], project);
      await Deno.writeTextFile(`${project}/main.js`, HEAD + PROGRAM);
      await worksThroughARestart(project, [...command, "main.js"], `file:${project}/runnel.db`);
    });
  }
});

async function worksThroughARestart(cwd: string, [command, ...args]: string[], database: string) {
  let program: Deno.ChildProcess | undefined;
  const lines = await saidThroughARestart(database, {}, (url) => {
    program = new Deno.Command(command!, {
      args: [...args, url],
      cwd,
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return program.stdout.pipeThrough(new TextLineStream());
  });
  equal((await program!.status).success, true);
  deepEqual(lines, SAID);
}
