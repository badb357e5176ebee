/** Threads of this process, where it may start them; without them the work is done where it is asked for. */

/** Whether this process may start threads: their code is read from the program's files. */
export function mayStartThreads(): boolean {
  if (typeof Worker === "undefined") return false;
  const { protocol } = new URL(import.meta.url);
  // Edge hosting gives network and environment alone.
  return protocol !== "file:" || Deno.permissions.querySync({ name: "read" }).state === "granted";
}
