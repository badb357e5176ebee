/** Parquet files are looked at before anything is read of them: their thrift may say any count and any size. */
import type { ColumnMetaData, FileMetaData } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { invalid, quote } from "../../../errors.ts";
import { checkCells } from "../../frame/frame.ts";

const MAX_COLUMNS = 16_385;
/** Bytes that all pages may unpack to. */
const MAX_UNPACKED = 1 << 28;

/** Where a chunk of a column has its dictionary, if it has one. */
export interface ChunkPages {
  readonly column: ColumnMetaData;
  readonly rows: number;
  readonly dictionary: {
    readonly at: number;
    readonly size: number;
    readonly unpacked: number;
    readonly words: number;
  } | undefined;
}

/** Throws RunnelError or RangeError for what is not flat, too large, or lies; answers the chunks by row group. */
export function checkFile(
  { schema, row_groups: groups, num_rows: total }: FileMetaData,
  file: ArrayBuffer,
): ChunkPages[][] {
  const [root, ...elements] = schema;
  if (elements.length > MAX_COLUMNS) {
    throw invalid(`The frame has ${elements.length} columns; at most ${MAX_COLUMNS - 1} are allowed.`);
  }
  for (const { name, type, num_children, repetition_type: repetition, type_length = 0 } of elements) {
    if (type === undefined || num_children || repetition === "REPEATED") {
      throw invalid(
        `Column ${quote(name)} holds nested values: a cell is a number, a text, a boolean or a time.`,
      );
    }
    if (type_length < 0 || type_length > 4096) throw new RangeError("a column has bytes of no such length");
  }
  if (root?.num_children !== elements.length) {
    throw new RangeError("the schema has other columns than it says");
  }
  let rows = 0, left = MAX_UNPACKED, bytes = 0;
  const chunks = groups.map(({ columns, num_rows }) => {
    const count = Number(num_rows);
    if (!(count >= 0) || columns.length !== elements.length) {
      throw new RangeError("a row group has other columns than the schema");
    }
    checkCells(rows += count, Math.max(elements.length, 1));
    return columns.map(({ meta_data: column }, at): ChunkPages => {
      if (column === undefined) throw new RangeError("a column is in another file");
      if (column.path_in_schema.length !== 1 || column.path_in_schema[0] !== elements[at]!.name) {
        throw new RangeError("a row group has its columns in another order");
      }
      const walked = walk(column, count, file, left);
      left -= walked.unpacked;
      // Else one place could be many columns.
      if ((bytes += walked.size) > file.byteLength) throw new RangeError("columns share their bytes");
      return { column, rows: count, dictionary: walked.dictionary };
    });
  });
  if (rows !== Number(total)) throw new RangeError("the file has other rows than it says");
  return chunks;
}

function walk(column: ColumnMetaData, rows: number, file: ArrayBuffer, budget: number) {
  const dictionaryAt = Number(column.dictionary_page_offset ?? 0), dataAt = Number(column.data_page_offset);
  const start = dictionaryAt > 0 && dictionaryAt < dataAt ? dictionaryAt : dataAt;
  const size = Number(column.total_compressed_size);
  if (start < 4 || size < 0 || start + size > file.byteLength) {
    throw new RangeError("a column lies outside the file");
  }
  const reader = { view: new DataView(file, start, size), offset: 0 };
  let seen = 0, unpacked = 0, dictionary: ChunkPages["dictionary"];
  while (seen < rows) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: page } = header;
    if (!(packed >= 0 && page >= 0) || reader.offset + packed > size) {
      throw new RangeError("a page is cut off");
    }
    unpacked += page;
    if (unpacked > budget) {
      throw invalid(
        `The pages say that they have more than ${MAX_UNPACKED} bytes: send fewer rows at a time.`,
      );
    }
    const data = header.data_page_header ?? header.data_page_header_v2;
    if (header.dictionary_page_header !== undefined) {
      const words = header.dictionary_page_header.num_values;
      if (!(words >= 0 && words <= page * 8) || dictionary !== undefined) {
        throw new RangeError("a dictionary has no such size");
      }
      dictionary = { at: start + reader.offset, size: packed, unpacked: page, words };
    } else if (data === undefined || !(data.num_values >= 0)) {
      throw new RangeError("a page is of no kind that is known");
    } else if (data.encoding === "DELTA_BYTE_ARRAY") {
      // Each of its texts may repeat all of the one before, so few bytes can stand for very many.
      throw invalid(
        `Column ${
          quote(column.path_in_schema[0] ?? "")
        } is encoded as DELTA_BYTE_ARRAY, which is not read here.`,
      );
    } else {
      const v2 = header.data_page_header_v2;
      if (
        v2 !== undefined &&
        !(v2.num_rows === v2.num_values && v2.num_nulls >= 0 && v2.num_nulls <= v2.num_values)
      ) {
        throw new RangeError("a page has other rows than values");
      }
      seen += data.num_values;
    }
    reader.offset += packed;
  }
  if (seen !== rows) throw new RangeError("pages have other rows than their group");
  return { size, unpacked, dictionary };
}
