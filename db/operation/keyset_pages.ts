/** Rows page by page, by the place of the last one: what is written between two pages moves neither. */
import type { Row, Value } from "../engine/engine.ts";

/** Which rows. */
export interface KeysetOptions {
  /** The place before the first row: as many values as say where a row is, which are the first columns of each. */
  readonly after: readonly Value[];
  /** Rows in a page. */
  readonly limit: number;
  /** What else the statement takes. */
  readonly args?: readonly Value[];
}

/** All rows of a statement whose parameters are a place, the number of rows wanted after it, and `args`, in this order. */
export async function* keysetPages(
  scan: (sql: string, ...args: Value[]) => Promise<readonly Row[]>,
  sql: string,
  { after: beginning, limit, args = [] }: KeysetOptions,
): AsyncGenerator<readonly Row[]> {
  for (let after = beginning;;) {
    const rows = await scan(sql, ...after, limit, ...args);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)!.slice(0, after.length);
  }
}
