import type { Column } from "../../frame/column.ts";
import { ColumnSet } from "./column_set.ts";
import { invalid, quote } from "../../../errors.ts";
import { checkCells, type DataFrame, type FrameKind, makeFrame } from "../../frame/frame.ts";
import type { JsonReader, JsonValue } from "./json_reader.ts";
import { readLabels } from "../labels.ts";
import type { ReadOptions } from "../options.ts";
import { readRecord } from "./record.ts";
import { RowLabels } from "./row_labels.ts";
import { dtypeOfTableField, labelsOfNames, withTableDtype } from "./table_fields.ts";
import { isTimeZone } from "../../../time.ts";

/** The field types of Table Schema that pandas writes. All but the first three keep cells as they are. */
const FIELD_TYPES = new Set(["number", "integer", "boolean", "string", "datetime", "duration", "any"]);

interface Field {
  name: string;
  type: string;
  /**
   * Booleans, which stay null as they are, and pandas' extension types. Plain integers have no null, as in
   * numpy.
   */
  nullable: boolean;
  /** As written: pandas writes numbers for names that are numbers. */
  written: JsonValue;
  dtype: ReturnType<typeof dtypeOfTableField>;
}

interface Schema {
  stampKey: string;
  kind: FrameKind;
  /** Without the stamp's. */
  fields: Field[];
}

/**
 * {"schema": {"fields", "primaryKey"}, "data": [records]} (https://specs.frictionlessdata.io/table-schema):
 * the schema gives order and types of the columns, and its primaryKey, exactly one field, the stamps. A
 * record may leave cells out, but may not have others.
 */
export function readTable(reader: JsonReader, options: ReadOptions): DataFrame {
  if (reader.kind() !== "object") throw reader.error("orient table is an object with schema and data");
  let schema: Schema | undefined, dataAt: number | undefined, frame: DataFrame | undefined;
  reader.openObject();
  while (reader.more()) {
    const key = reader.readKey();
    if (key === "schema" && !schema) schema = parseSchema(reader.readValue());
    else if (key === "data" && dataAt === undefined) {
      dataAt = reader.position;
      if (schema) frame = readData(reader, schema, options);
      else reader.readValue();
    } else {throw reader.error(
        `orient table has schema and data once each, and no other keys: found ${quote(key)}`,
      );}
  }
  reader.expectEnd();
  if (!schema) throw invalid("Orient table needs a schema: it is missing.");
  if (dataAt === undefined) throw invalid("Orient table needs data: it is missing.");
  if (frame) return frame;
  reader.position = dataAt;
  return readData(reader, schema, options);
}

function parseSchema(schema: JsonValue): Schema {
  if (!(schema instanceof Map)) {
    throw invalid("schema should be an object with fields and primaryKey.");
  }
  const fields = schema.get("fields");
  if (!Array.isArray(fields)) throw invalid("schema.fields should be an array of {name, type}.");
  const key = schema.get("primaryKey");
  const stampKey = Array.isArray(key) && key.length === 1 ? key[0] : key;
  if (typeof stampKey !== "string") {
    throw invalid("schema.primaryKey should name exactly one field, the one that holds the stamps.");
  }
  const parsed = fields.map(parseField);
  const names = new Set(parsed.map((field) => field.name));
  if (names.size < parsed.length) throw invalid("schema.fields names a field twice.");
  if (!names.has(stampKey)) {
    throw invalid(`schema.primaryKey is ${quote(stampKey)}, which is not among schema.fields.`);
  }
  const stampField = fields[parsed.findIndex((field) => field.name === stampKey)] as Map<string, JsonValue>;
  const columns = parsed.filter((field) => field.name !== stampKey);
  // An index without a name is called so.
  const labels = {
    name: stampKey === "index" ? null : stampKey,
    columns: labelsOfNames(columns.map(({ written }) => written)),
  };
  return {
    stampKey,
    // pandas writes "tz": null for zones without a name, and no tz at all for naive stamps.
    kind: { aware: stampField.has("tz"), ...zoneOf(stampField.get("tz")), labels },
    fields: columns,
  };
}

/** A name that is no zone here counts as UTC, in which the stamps are. */
function zoneOf(tz: JsonValue | undefined): { readonly zone?: string } {
  return typeof tz === "string" && tz !== "UTC" && isTimeZone(tz) ? { zone: tz } : {};
}

function parseField(field: JsonValue, at: number): Field {
  const name = field instanceof Map ? field.get("name") : undefined;
  const type = field instanceof Map ? field.get("type") : undefined;
  if (
    !(field instanceof Map) || !["string", "number", "bigint"].includes(typeof name) ||
    typeof type !== "string"
  ) {
    throw invalid(`schema.fields[${at}] should be an object with name and type, both texts.`);
  }
  if (!FIELD_TYPES.has(type)) {
    throw invalid(
      `schema.fields[${at}]: the type ${quote(type)} is not one of ${[...FIELD_TYPES].join(", ")}.`,
    );
  }
  return {
    name: nameText(name as string | number | bigint),
    type,
    nullable: type === "boolean" || field.has("extDtype"),
    written: name!,
    dtype: dtypeOfTableField(field),
  };
}

/** pandas writes float labels as numbers here and as "1.0" in the data. */
function nameText(name: string | number | bigint): string {
  return typeof name === "number" && Number.isInteger(name) ? `${name}.0` : String(name);
}

function readData(reader: JsonReader, schema: Schema, options: ReadOptions): DataFrame {
  if (reader.kind() !== "array") throw reader.error("data should be an array of records");
  const rows = new RowLabels();
  const columns = new ColumnSet();
  for (const { name } of schema.fields) columns.add(name);
  reader.openArray();
  const columnOf = (key: string, row: number) => {
    const builder = columns.find(key);
    if (builder !== undefined) return builder;
    throw reader.error(`record ${row} has ${quote(key)}, which is not among schema.fields`);
  };
  while (reader.moreItems()) readRecord(reader, schema.stampKey, rows, columns, columnOf);
  if (rows.labels.length === 0) throw invalid("The frame has no rows: send at least one.");
  const { stamps } = readLabels(rows.labels, options.dateUnit);
  checkCells(stamps.length, columns.builders.length);
  const typed = columns.builders.map((builder, at): Column => {
    const { type, nullable, dtype } = schema.fields[at]!;
    const isPlain = type === "number" || type === "integer" || type === "boolean";
    const column = isPlain ? builder.finishAs(type, stamps.length, nullable) : builder.finish(stamps.length);
    return withTableDtype(column, dtype);
  });
  return makeFrame({ stamps, ...schema.kind }, typed, options.duplicates);
}
