/** Faults in the log: an unexpected one with its stack, each time; one that repeats until somebody mends it, once a second. */
import { describeError, type RunnelError } from "../../domain/errors.ts";

const QUIET_MS = 1_000;

/** Writes faults to the log. Answers whether the log has this one under its id. */
export function createFaultLog(
  log: (line: string) => void,
): (id: string, request: string, fault: RunnelError) => boolean {
  const said = new Map<string, { at: number; more: number }>();
  return (id, request, { code, cause }) => {
    if (code === "internal") {
      log(`${id} ${request}: ${describeError(cause)}`);
      return true;
    }
    const last = said.get(code);
    if (last !== undefined && performance.now() - last.at < QUIET_MS) {
      last.more++;
      return false;
    }
    said.set(code, { at: performance.now(), more: 0 });
    const others = last === undefined || last.more === 0
      ? ""
      : ` (${last.more} more answers of ${code} before)`;
    log(`${id} ${request}: ${describeError(cause)}${others}`);
    return true;
  };
}
