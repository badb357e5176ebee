/** Files of records, a line of JSON each, on their way into a database or to a server. */
import { linesOf, parseLine } from "../../domain/ndjson.ts";
import { decompressed, openInput } from "./input.ts";

/** Characters of the longest line: an item of 64 MiB in base64. */
const MAX_LINE = 90 << 20;

/** Takes records one by one. */
export interface LineImporter {
  /** Records that are stored for good: always the first ones. */
  readonly stored: number;
  /** Takes a record, and the line that it stood on. It need not be stored yet. */
  add(record: unknown, line: string): Promise<void>;
  /** Resolves when everything taken is stored. */
  end(): Promise<void>;
}

/** Gives an importer the lines of a file. What fails says in which line, and how many records are stored. */
export async function importLines(file: string, importer: LineImporter): Promise<void> {
  await using input = await openInput(file);
  let number = 0;
  try {
    for await (const lines of linesOf(decompressed(input.pieces), MAX_LINE)) {
      for (const line of lines) {
        number++;
        const parsed = parseLine(line);
        if (parsed === undefined) continue;
        if ("message" in parsed) throw new Error(parsed.message);
        await importer.add(parsed.value, line!);
      }
    }
  } catch (error) {
    throw failure(`line ${number}: ${(error as Error).message}`, importer, error);
  }
  await importer.end().catch((error) => {
    throw failure(error.message, importer, error);
  });
}

function failure(why: string, { stored }: LineImporter, cause: unknown): Error {
  const done = stored === 0
    ? "nothing is stored"
    : `the first ${stored} records are stored, and perhaps some after them`;
  return new Error(`${why}; ${done}`, { cause });
}
