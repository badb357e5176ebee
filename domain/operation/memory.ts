/** The C library's memory, of which the buffers of bodies and answers are made. */

/** Parameters of mallopt(3), of glibc's malloc.h. */
const M_TRIM_THRESHOLD = -1, M_ARENA_MAX = -8;
/** Free bytes at the end of the heap that are kept; glibc lets this grow to 64 MiB. */
const MOST_FREE = 128 << 10;

const SYMBOLS = { mallopt: { parameters: ["i32", "i32"], result: "i32" } } as const;

/**
 * Makes glibc give free memory back to the system, and keep as many arenas as there are cores, not eight times as many.
 * To be called before there are threads. False where the C library is another, or permissions forbid to ask it.
 */
export function keepLittleFreeMemory(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const { symbols: { mallopt } } = Deno.dlopen("libc.so.6", SYMBOLS);
    const arenas = Math.max(2, navigator.hardwareConcurrency);
    return mallopt(M_ARENA_MAX, arenas) === 1 && mallopt(M_TRIM_THRESHOLD, MOST_FREE) === 1;
  } catch {
    return false;
  }
}
