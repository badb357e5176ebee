import { equal } from "../support/assert.ts";

/** What `keepLittleFreeMemory` answers in a process with those permissions. */
async function answerWith(...permissions: string[]): Promise<string> {
  const module = new URL("../../domain/operation/memory.ts", import.meta.url).href;
  const code = `import { keepLittleFreeMemory } from "${module}"; console.log(keepLittleFreeMemory());`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", ...permissions, `data:text/javascript,${encodeURIComponent(code)}`],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("keepLittleFreeMemory() asks glibc where it may, and does without elsewhere", async () => {
  const hasGlibc = Deno.build.os === "linux" && Deno.build.target.endsWith("gnu");
  equal(await answerWith("--allow-ffi", "--allow-import"), `${hasGlibc}`);
  equal(await answerWith("--allow-import"), "false");
});
