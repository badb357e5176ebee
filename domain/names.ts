/** What no name may be, in any area. */

/** Whether a name is `.` or `..`: clients and proxies take these out of an address, and what has the name with it. */
export function isDots(name: string): boolean {
  return name === "." || name === "..";
}

/** What a refusal says of such a name. */
export const DOTS_REFUSED = "a name is not . or ..";
