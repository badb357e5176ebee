/** Which items of a channel a reader wants. */
import { invalid, invalidPart } from "../errors.ts";
import type { BodyRow } from "../../db/channels/pages.ts";
import { isMediaType } from "./media_type.ts";

/** What a reader may ask for; all of it must hold. */
export interface FilterOptions {
  /** Media type; its parameters do not matter. */
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

/** Reads a filter. A media type or a condition that is none: `invalid-request`. */
export function readFilter({ contentType, key, where = [] }: FilterOptions): Filter {
  if (contentType === undefined && key === undefined && where.length === 0) return undefined;
  if (contentType !== undefined && !isMediaType(contentType)) {
    throw invalidPart("contentType", "a media type, such as application/json");
  }
  const wanted = contentType && essence(contentType);
  const conditions = where.map(readCondition);
  return (row) => {
    if (wanted !== undefined && essence(row.type) !== wanted) return false;
    if (key !== undefined && row.itemKey !== key) return false;
    return conditions.length === 0 || fulfils(row, conditions);
  };
}

const CONDITION = "a JSON pointer, = and a value, such as /status=open";
/** RFC 6901 §3 and §4: `~` stands before 0 or 1, and an array's index has no leading zero. */
const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/, INDEX = /^(?:0|[1-9]\d*)$/;

function readCondition(text: string): Condition {
  const equals = text.indexOf("="), pointer = text.slice(0, Math.max(0, equals));
  if (!POINTER.test(pointer)) {
    throw invalid(`where is ${JSON.stringify(text)}, but must be ${CONDITION}`, [
      { path: "where", message: CONDITION },
    ]);
  }
  const path = pointer.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { path, value: text.slice(equals + 1) };
}

function fulfils(row: BodyRow, conditions: readonly Condition[]): boolean {
  if (!isJsonType(row.type) || row.encoding !== null) return false;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(row.body), document = JSON.parse(text);
    return conditions.every((condition) => holds(condition, document, text));
  } catch {
    return false;
  }
}

/** Whether the scalar at a pointer has that text; `text` is the document's. */
function holds({ path, value }: Condition, document: unknown, text: string): boolean {
  const found = path.reduce(memberOf, document);
  if (found === undefined || (typeof found === "object" && found !== null)) return false;
  if (typeof found !== "number" || found !== Number(value)) return String(found) === value;
  // 1.0 and 1e2 are also written 1 and 100. Large numbers that differ may be one number in JavaScript.
  return Number.isSafeInteger(found) && String(found) === value || numberAt(path, text) === value;
}

function memberOf(at: unknown, part: string): unknown {
  if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
  return Array.isArray(at) && !INDEX.test(part) ? undefined : (at as Record<string, unknown>)[part];
}

/** The number at a pointer as the document writes it. */
function numberAt(path: readonly string[], text: string): unknown {
  const written = (_: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === "number" ? source : value;
  return path.reduce(memberOf, JSON.parse(text, written));
}

/** A media type without its parameters, in lower case. */
export function essence(type: string): string {
  return type.split(";", 1)[0]!.trim().toLowerCase();
}

/** True for JSON and whatever is written in it. */
export function isJsonType(type: string): boolean {
  return /^application\/([^;\s]+\+)?json$/.test(essence(type));
}
