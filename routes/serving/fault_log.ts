/** Faults in the log: an unexpected one with its stack; what repeats until somebody mends it, once a second with a count. */
import { describeError, type RunnelError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";

const QUIET_MS = 1_000;
/** Kinds of faults that are remembered; more are no repeats. */
const MOST_KINDS = 1_000;

/** Writes faults to the log, each with the id of its request. */
export function createFaultLog(log: Log): (id: string, request: string, fault: RunnelError) => void {
  const said = new Map<string, { at: number; more: number }>();
  return (id, request, { code, cause }) => {
    const what = describeError(cause);
    // The message and the first frame: the frames of those who called differ.
    const kind = code === "internal" ? what.split("\n", 2).join() : code;
    const last = said.get(kind);
    if (last !== undefined && performance.now() - last.at < QUIET_MS) {
      last.more++;
      return;
    }
    if (said.size >= MOST_KINDS) said.clear();
    said.set(kind, { at: performance.now(), more: 0 });
    const others = last === undefined || last.more === 0
      ? ""
      : ` (${last.more} more answers of ${code} before)`;
    log(`${id} ${request}: ${what}${others}`, { requestId: id, code, more: last?.more ?? 0 });
  };
}
