/** The area of time series: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import { createSeriesCatalogue } from "../../db/series/catalogue.ts";
import { createSeriesStore } from "../../db/series/chunks.ts";
import { createSeriesRevisions } from "../../db/series/revisions.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { portableSeries } from "./portable.ts";
import { Series } from "./series.ts";

export interface SeriesServices {
  readonly series: Series;
}

/** What series need beside the database. */
export interface SeriesAreaOptions {
  /** How long a revision is kept after another replaced it, in milliseconds. */
  readonly keepRevisionsMillis: number;
}

export function createSeriesArea(
  database: Database,
  { clock, keepRevisionsMillis }: AreaOptions & SeriesAreaOptions,
): Area<SeriesServices> {
  const catalogue = createSeriesCatalogue(database, clock);
  const series = new Series({
    store: createSeriesStore(database, clock),
    catalogue,
    revisions: createSeriesRevisions(database, clock, keepRevisionsMillis),
    clock,
  });
  return {
    services: { series },
    portable: portableSeries(series, catalogue),
    sweep: (signal) => series.sweep(signal),
    close: () => series.bodies.close(),
  };
}
