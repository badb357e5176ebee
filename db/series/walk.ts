/** How `runnel doctor` looks at the chunks of series: their cells and their summaries. */
import type { Row } from "../engine/engine.ts";
import type { Walk } from "../operation/walk.ts";
import { isChunkSound } from "./chunks.ts";

const walk = (what: string, about: string, list: string, bytes: string, join: string): Walk => ({
  area: "series",
  about,
  list,
  read:
    `SELECT c.id, CAST(c.first AS TEXT), CAST(c.last AS TEXT), c.row_count, ${bytes}, s.reference, s.symbol
    FROM json_each(?1) r CROSS JOIN series_chunk c ON c.id = r.value ${join} LEFT JOIN series s ON s.id = c.series`,
  nameOf: ([id, , , , , , reference, symbol]: Row) =>
    `${what} of chunk ${id} of ${reference === null ? "a deleted series" : `${reference} ${symbol}`}`,
  isSound: ([id, first, last, rows, bytes, stored]: Row) =>
    isChunkSound(
      {
        id: id as number,
        first: BigInt(first as string),
        last: BigInt(last as string),
        rows: rows as number,
        bytes: bytes as Uint8Array,
      },
      stored!,
    ),
});

export const CELLS = walk(
  "cells",
  "cells of chunks",
  `SELECT c.id, length(b.body) FROM series_chunk c CROSS JOIN series_body b ON b.chunk = ifnull(c.body, c.id)
    WHERE c.id > ?1 ORDER BY c.id LIMIT ?2`,
  "b.body, b.checksum",
  "CROSS JOIN series_body b ON b.chunk = ifnull(c.body, c.id)",
);
export const SUMMARIES = walk(
  "summary",
  "summaries of chunks",
  `SELECT id, length(summary) FROM series_chunk WHERE id > ?1 ORDER BY id LIMIT ?2`,
  "c.summary, c.checksum",
  "",
);
