import { equal, ok } from "./support/assert.ts";
import { startProcess, temporaryFolder } from "./support/process.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** Guides in docs/ whose examples run, each over a server of its own. */
const GUIDES = ["channels", "conversations", "deploy", "operations", "profiles", "series", "sessions"];

interface Example {
  readonly language: string;
  readonly code: string;
}

async function examplesOf(guide: string): Promise<Example[]> {
  const text = await Deno.readTextFile(`${ROOT}docs/${guide}.md`);
  return Array.from(text.matchAll(/^```(sh|ts|python)\n(.*?)^```/gms), ([, language, code]) => ({
    language: language!,
    code: code!,
  }));
}

for (const guide of GUIDES) {
  Deno.test(`every example of docs/${guide}.md works, in the order in which it stands there`, async () => {
    await using folder = await temporaryFolder();
    const database = `file:${folder.path}/runnel.db`;
    await using process = await startProcess({ database });
    const examples = await examplesOf(guide);
    for (const language of ["sh", "ts", "python"]) {
      ok(examples.some((example) => example.language === language), `${guide} has no example in ${language}`);
    }
    let variables = "";
    for (const { language, code } of examples) {
      const here = code.replaceAll("http://127.0.0.1:8080", process.url);
      if (language === "sh") {
        const lines = here.replace(/deno task runnel/g, `"${Deno.execPath()}" task runnel`)
          .replace(/(--user \w+|task runnel (?:channel|consumer|webhook) \w+)/g, `$1 --url ${process.url}`);
        await run(["bash", "-euo", "pipefail", "-c", variables + lines], code, database);
        variables += lines.split("\n").filter((line) => /^[A-Z]+=/.test(line)).join("\n") + "\n";
      } else if (language === "python") await run(["python3", "-c", here], code, database);
      else {
        const file = `${folder.path}/example.ts`;
        await Deno.writeTextFile(file, here.replaceAll('"../', `"${ROOT}`));
        await run(
          [Deno.execPath(), "run", "-A", "--check", "--config", `${ROOT}deno.json`, file],
          code,
          database,
        );
      }
    }
  });
}

/** Runs an example, which must succeed and say something. */
async function run([command, ...args]: string[], code: string, database: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd: ROOT,
    env: { DATABASE_URL: database, NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  equal(success, true, `${code}\n${output}${new TextDecoder().decode(stderr)}`);
  ok(output.trim() !== "", `${code}\nsays nothing`);
}
