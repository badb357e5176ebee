/** Rows in columns as wide as their widest cell; the first row is the head. */
export function table(
  rows: readonly (readonly string[])[],
  alignRight: (column: number) => boolean = () => false,
): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    alignRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}
