/** The area of time series: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import { createSeriesCatalogue } from "../../db/series/catalogue.ts";
import { createSeriesStore } from "../../db/series/chunks.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { Series } from "./series.ts";

export interface SeriesServices {
  readonly series: Series;
}

export function createSeriesArea(database: Database, { clock }: AreaOptions): Area<SeriesServices> {
  const store = createSeriesStore(database, clock);
  const series = new Series({ store, catalogue: createSeriesCatalogue(database, clock), clock });
  return {
    services: { series },
    sweep: (signal) => series.sweep(signal),
    close: () => series.close(),
  };
}
