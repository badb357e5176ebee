import type { Duplicates } from "../frame/frame.ts";
import type { DateUnit } from "../frame/stamps.ts";

/** What the first line of a CSV may be, as pandas' `header`. */
export const CSV_HEADERS = ["none"] as const;
/** One of CSV_HEADERS; the names of the columns unless given. */
export type CsvHeader = typeof CSV_HEADERS[number];

/** How to read a frame. */
export interface ReadOptions {
  /** The unit of stamps that are numbers. Without it, pandas' rule decides (see readLabels). */
  dateUnit?: DateUnit | undefined;
  /** In CSV, the name of the column that holds the stamps. */
  index?: string | undefined;
  /** In CSV, `none`: the first line is a row, and columns are called by their places, from 0. */
  header?: CsvHeader | undefined;
  /** What stamps are that name no offset: local times of this zone. `naive`: stamps lose theirs, and are in UTC. */
  tz?: string | undefined;
  /** Rows that share a stamp; refused unless given. Orients whose stamps are keys have none. */
  duplicates?: Duplicates | undefined;
}
