/** Rows that are listed in one look. */
const LISTED = 500;

/** All rows in order, page by page: `read` answers up to `limit` rows after a key. */
export async function* inPages<Row, Key>(
  read: (after: Key, limit: number) => Promise<readonly Row[]>,
  first: Key,
  keyOf: (row: Row) => Key,
): AsyncGenerator<Row> {
  for (let after = first;;) {
    const page = await read(after, LISTED);
    yield* page;
    if (page.length < LISTED) return;
    after = keyOf(page.at(-1)!);
  }
}
