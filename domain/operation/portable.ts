/** The data of an area as records that do not depend on a database, for files with a line of JSON each. */
import type { z } from "zod";
import { invalidPart } from "../errors.ts";

/** What an area can be written to a file as, and read from one. */
export interface Portable {
  /** All that can be read now, page by page, in an order that an importer takes. */
  records(): AsyncGenerator<readonly object[]>;
  /** Takes such records. What is there stays; one that contradicts it is refused. */
  importer(): Importer;
}

/** Stores records, a few at a time. */
export interface Importer {
  /** Records that are durable: always the first ones. */
  readonly stored: number;
  /** Takes a record, which need not be durable yet. Not such a record: RunnelError; it fails when storing has failed. */
  add(record: unknown): Promise<void>;
  /** Resolves when everything taken is durable. */
  end(): Promise<void>;
}

/** Records and bytes that are stored together. */
const MOST_RECORDS = 1_000, MOST_BYTES = 4 << 20;

/** An importer that checks each record, and stores those that it has gathered. */
export class Gatherer<Schema extends z.ZodType> implements Importer {
  #waiting: z.output<Schema>[] = [];
  #bytes = 0;
  #stored = 0;

  /** `check` refuses what no schema can tell; `store` makes records durable, all of them or none. */
  constructor(
    readonly schema: Schema,
    readonly store: (records: readonly z.output<Schema>[]) => Promise<void>,
    readonly check: (record: z.output<Schema>) => void = () => {},
  ) {}

  get stored(): number {
    return this.#stored;
  }

  async add(record: unknown): Promise<void> {
    const result = this.schema.safeParse(record);
    if (!result.success) {
      const { path, message } = result.error.issues[0]!;
      throw invalidPart(path.join(".") || "record", message);
    }
    this.check(result.data);
    this.#waiting.push(result.data);
    this.#bytes += sizeOf(record);
    if (this.#waiting.length >= MOST_RECORDS || this.#bytes >= MOST_BYTES) await this.end();
  }

  async end(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (records.length > 0) await this.store(records);
    this.#stored += records.length;
  }
}

/** About how many bytes a record has: its texts. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), 16);
}
