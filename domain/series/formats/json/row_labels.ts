import { quote, type RunnelError } from "../../../errors.ts";
import type { JsonReader } from "./json_reader.ts";

/**
 * The row labels of a frame under way, as the texts that were written: each distinct text is a row, in the
 * order first seen. Labels usually come in the same order for every column, so the next one is guessed before
 * it is looked up.
 */
export class RowLabels {
  /** By row. */
  readonly labels: string[] = [];
  /** Where each was written first, for those that were read as keys. */
  readonly #starts: number[] = [];
  #rows: Map<string, number> | null = null;
  #expected = 0;

  /** Expects the labels from the first one again (a new column begins). */
  restart(): void {
    this.#expected = 0;
  }

  /**
   * Reads an object key that is a label and returns its row. A label that repeats in the first column may be
   * given a row of its own: it is found when the stamps are compared.
   */
  readRow(reader: JsonReader): number {
    const { labels } = this;
    if (this.#expected < labels.length) {
      const start = this.#starts[this.#expected]!, { length } = labels[this.#expected]!;
      if (start >= 0 && reader.skipKey(reader.text, start, length)) return this.#expected++;
    }
    const label = reader.readKey();
    if (!this.#rows && this.#expected < labels.length) this.#index();
    const known = this.#rows?.get(label);
    if (known !== undefined) {
      this.#expected = known + 1;
      return known;
    }
    return this.add(label, reader.keyStart);
  }

  /** Adds a row and returns it; `start`: where its label stands as a key, if it does. */
  add(label: string, start = -1): number {
    const row = this.labels.push(label) - 1;
    this.#starts.push(start);
    this.#rows?.set(label, row);
    this.#expected = row + 1;
    return row;
  }

  #index(): void {
    this.#rows = new Map(this.labels.map((label, row) => [label, row]));
  }
}

/**
 * Reads a label that stands as a value: a text, or a number in its own spelling.
 * Throws RunnelError for null, booleans and nested values; `row` counts from 0.
 */
export function readLabelValue(reader: JsonReader, row: number): string {
  if (reader.kind() !== "scalar") throw badLabel(reader, row, "an array or object");
  const start = reader.position;
  const kind = reader.readScalar();
  if (kind === "string") return reader.string;
  if (kind === "number" || kind === "big") return reader.text.slice(start, reader.position);
  throw badLabel(reader, row, kind);
}

function badLabel(reader: JsonReader, row: number, found: string): RunnelError {
  return reader.error(`row ${row} has ${found} where its stamp should be (a text or a number)`);
}

/** Reads the keys of the row object that comes next without consuming it. */
export function peekKeys(reader: JsonReader): string[] {
  const { position } = reader;
  const keys: string[] = [];
  reader.openObject();
  while (reader.more()) {
    keys.push(reader.readKey());
    if (reader.kind() !== "scalar") {
      throw reader.error(`the cell ${quote(keys.at(-1)!)} is an array or object`);
    }
    reader.readScalar();
  }
  reader.position = position;
  return keys;
}
