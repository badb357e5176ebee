/** What Linux says of a process. */

/** Bytes of memory that a process has. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}

/** How many files, sockets included, a process has open. */
export function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Where a group of processes gets its limit: the first version of cgroups, and the second. */
const CGROUPS = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes" },
  { root: "/sys/fs/cgroup", limit: "memory.max" },
] as const;

/** Limits a process's memory with a cgroup of its own until disposed of; undefined where that is not allowed. */
export function limitMemory(pid: number, bytes: number): Disposable | undefined {
  for (const { root, limit } of CGROUPS) {
    const group = `${root}/runnel-${pid}`;
    try {
      Deno.mkdirSync(group);
      Deno.writeTextFileSync(`${group}/${limit}`, `${bytes}`, { create: false });
      Deno.writeTextFileSync(`${group}/cgroup.procs`, `${pid}`, { create: false });
    } catch {
      continue;
    }
    return { [Symbol.dispose]: () => removeGroup(group) };
  }
  return undefined;
}

/** A group can be removed once its process has ended; one that is left costs nothing. */
function removeGroup(group: string): void {
  try {
    Deno.removeSync(group);
  } catch { /* Its process still runs. */ }
}
