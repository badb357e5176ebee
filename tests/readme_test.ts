import { equal, ok } from "./support/assert.ts";
import { startProcess, temporaryFolder } from "./support/process.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const DENO = "npx --yes deno@2.9.6";

interface Ran {
  readonly line: string;
  readonly code: number;
  readonly output: string;
}

/** The lines of all shell examples of the README. */
async function shellLines(): Promise<string[]> {
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  const blocks = Array.from(readme.matchAll(/^```sh\n(.*?)^```/gms), ([, block]) => block!);
  return blocks.flatMap((block) => block.trim().split("\n"));
}

async function run(line: string, env: Record<string, string>): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command("bash", { args: ["-c", line], cwd: ROOT, env })
    .output();
  return { line, code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** As in the README, but with this Deno, this database and this port. */
function here(line: string, url: string): string {
  return line.replaceAll("http://127.0.0.1:8080", url).replace(
    /(^|\| )deno task/,
    `$1"${Deno.execPath()}" task`,
  );
}

Deno.test("every command of the README works, in the order in which it stands there", async () => {
  await using folder = await temporaryFolder();
  const database = `file:${folder.path}/runnel.db`;
  // The two commands that begin: the first is what starts the process here, the second is what runs this test.
  const lines = (await shellLines()).filter((line) => !line.startsWith(`${DENO} task`));
  ok(lines.length > 8);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const started = tasks.start.command.replace(/^deno /, "").split(" ");
  await using process = await startProcess({ database, args: started });
  // Each line has a shell of its own, with what lines before it put into variables.
  let variables = "";
  for (const line of lines) {
    const { code, output } = await run(variables + here(line, process.url), { DATABASE_URL: database });
    equal(code, 0, `${line}\n${output}`);
    if (/^[A-Z]+=/.test(line)) variables += `${here(line, process.url)}\n`;
    if (!line.startsWith("curl")) continue;
    for (const [, status] of output.matchAll(/^HTTP\/1\.1 (\d+)/gm)) {
      ok(Number(status) < 400, `${line}\n${output}`);
    }
    ok(!/\/docs\/errors#|"status":[45]\d\d/.test(output), `${line}\n${output}`);
  }
});

Deno.test("the README begins with the two commands", async () => {
  const lines = await shellLines();
  equal(lines[0], `${DENO} task start`);
  equal(lines[1], `${DENO} task test`);
});
