/** A real file system that is full soon. */
import { temporaryFolder } from "./process.ts";

/** A disk of so many MiB in memory. Needs the right to mount; without it the test that asks for it fails. */
export async function smallDisk(mebibytes: number): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  const run = async (command: string, ...args: string[]) => {
    const { success, stderr } = await new Deno.Command(command, { args }).output();
    if (!success) throw new Error(`a full disk needs root: ${new TextDecoder().decode(stderr)}`);
  };
  await run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m,mode=700`, "runnel-test", folder.path);
  return {
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await run("umount", folder.path);
      await folder[Symbol.asyncDispose]();
    },
  };
}
