/** The log: lines of text for people, or a JSON object a line for programs. */
import { iso } from "./time.ts";

/** Writes one line. `fields` say the same in parts, for programs. */
export type Log = (line: string, fields?: Readonly<Record<string, unknown>>) => void;

export type LogFormat = "text" | "json";

/** A log over what writes text. In JSON each line has `time` and `message`, and the fields. */
export function createLog(write: (text: string) => void, format: LogFormat): Log {
  if (format === "text") return (line) => write(`${line}\n`);
  return (line, fields) => write(`${JSON.stringify({ time: iso(Date.now()), message: line, ...fields })}\n`);
}
