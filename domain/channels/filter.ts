/** Which items of a channel a reader wants. */
import { invalid } from "../errors.ts";
import type { BodyRow } from "../../db/channels/pages.ts";

/** What a reader may ask for; all of it must hold. */
export interface FilterOptions {
  /** Media type, without its parameters. */
  readonly contentType?: string | undefined;
  /** The item's key. */
  readonly key?: string | undefined;
  /** Conditions on JSON items: an RFC 6901 pointer, `=`, and the text of the value there. */
  readonly where?: readonly string[] | undefined;
}

interface Condition {
  readonly path: readonly string[];
  readonly value: string;
}

/** True for the items that a reader wants; undefined: all. */
export type Filter = ((row: BodyRow) => boolean) | undefined;

/** Reads a filter. A condition that is none: `invalid-request`. */
export function readFilter({ contentType, key, where = [] }: FilterOptions): Filter {
  if (contentType === undefined && key === undefined && where.length === 0) return undefined;
  const wanted = contentType?.toLowerCase();
  const conditions = where.map(readCondition);
  return (row) => {
    if (wanted !== undefined && essence(row.type) !== wanted) return false;
    if (key !== undefined && row.itemKey !== key) return false;
    return conditions.length === 0 || fulfils(row, conditions);
  };
}

function readCondition(text: string): Condition {
  const equals = text.indexOf("=");
  if (!text.startsWith("/") || equals < 0) {
    throw invalid(
      `where is ${JSON.stringify(text)}, but must be a JSON pointer, = and a value, such as /status=open`,
      [{ path: "where", message: "a JSON pointer, = and a value, such as /status=open" }],
    );
  }
  const path = text.slice(1, equals).split("/").map((part) =>
    part.replaceAll("~1", "/").replaceAll("~0", "~")
  );
  return { path, value: text.slice(equals + 1) };
}

function fulfils(row: BodyRow, conditions: readonly Condition[]): boolean {
  if (!isJsonType(row.type) || row.encoding !== null) return false;
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(row.body));
  } catch {
    return false;
  }
  return conditions.every(({ path, value }) => {
    const found = path.reduce<unknown>(
      (at, part) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, part)
          ? (at as Record<string, unknown>)[part]
          : undefined,
      document,
    );
    const isScalar = found !== undefined && (found === null || typeof found !== "object");
    return isScalar && String(found) === value;
  });
}

/** A media type without its parameters, in lower case. */
export function essence(type: string): string {
  return type.split(";", 1)[0]!.trim().toLowerCase();
}

/** True for JSON and whatever is written in it. */
export function isJsonType(type: string): boolean {
  return /^application\/([^;\s]+\+)?json$/.test(essence(type));
}
