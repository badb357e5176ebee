/** Reads everything of one kind in a database file, and names what is not as it was stored. */
import type { WorkerConnection } from "../engine/connection.ts";
import type { Row } from "../engine/engine.ts";

/** Rows that are listed at once, and about how many bytes of contents are read at once. */
const LISTED = 1_000, BATCH_BYTES = 4 << 20;

/** Contents with checksums. */
export interface Walk {
  readonly area: string;
  /** What they are, such as `contents of items`. */
  readonly about: string;
  /** SQL: number and size in bytes of the rows after the number ?1, in order, ?2 at most. */
  readonly list: string;
  /** SQL: the rows with the numbers of the JSON array ?1. */
  readonly read: string;
  /** What a row of `read` is called. */
  nameOf(row: Row): string;
  /** Whether it is as it was stored. */
  isSound(row: Row): boolean;
}

/** Names what is damaged, one by one; rows that cannot even be read have their number as a name. */
export async function* damagedIn(reader: WorkerConnection, walk: Walk): AsyncGenerator<string> {
  for (let last = 0;;) {
    let listed: Row[];
    try {
      const [result] = await reader.run([{ sql: walk.list, args: [last, LISTED] }]);
      listed = result!.rows;
    } catch (error) {
      yield `all after number ${last}, which cannot be listed: ${messageOf(error)}`;
      return;
    }
    for (const numbers of batches(listed)) yield* damagedAmong(reader, walk, numbers);
    if (listed.length < LISTED) return;
    last = listed.at(-1)![0] as number;
  }
}

async function* damagedAmong(
  reader: WorkerConnection,
  walk: Walk,
  numbers: readonly number[],
): AsyncGenerator<string> {
  let rows: Row[];
  try {
    const [result] = await reader.run([{ sql: walk.read, args: [JSON.stringify(numbers)] }]);
    rows = result!.rows;
  } catch (error) {
    if (numbers.length === 1) {
      yield `number ${numbers[0]}, which cannot be read: ${messageOf(error)}`;
      return;
    }
    const middle = numbers.length >> 1;
    yield* damagedAmong(reader, walk, numbers.slice(0, middle));
    yield* damagedAmong(reader, walk, numbers.slice(middle));
    return;
  }
  for (const row of rows) if (!walk.isSound(row)) yield walk.nameOf(row);
}

/** Numbers of rows that are read together. */
function* batches(listed: readonly Row[]): Generator<number[]> {
  let numbers: number[] = [], bytes = 0;
  for (const [number, size] of listed) {
    if (numbers.length > 0 && bytes + Number(size) > BATCH_BYTES) {
      yield numbers;
      numbers = [];
      bytes = 0;
    }
    numbers.push(number as number);
    bytes += Number(size);
  }
  if (numbers.length > 0) yield numbers;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
