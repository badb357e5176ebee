/** References: which hold series, and what holds for the series of each. */
import type { ReferenceRow, ReferenceSettings, SeriesCatalogue } from "../../db/series/catalogue.ts";
import { quote, RunnelError } from "../errors.ts";
import type { Expiry } from "./expiry.ts";
import type { Duplicates } from "./frame/frame.ts";
import { inPages } from "./storage/pages.ts";

/** All references of a database. */
export class References {
  constructor(readonly catalogue: SeriesCatalogue, readonly expiry: Expiry) {}

  /** References that hold series or have settings, in order. */
  list(): AsyncGenerator<ReferenceRow> {
    return inPages(
      (after: string, limit) => this.catalogue.references(after, limit),
      "",
      (row) => row.reference,
    );
  }

  /** What holds for the series of a reference. Neither series nor settings: `reference-not-found`. */
  async find(name: string): Promise<ReferenceSettings> {
    const settings = await this.settings(name);
    const { ttlMillis, keepsDuplicates } = settings;
    const isSet = ttlMillis !== null || keepsDuplicates;
    if (isSet || (await this.catalogue.symbols(name, "", 1)).length > 0) return settings;
    throw new RunnelError("reference-not-found", `there are no series in ${quote(name)}`);
  }

  /** What holds for the series of a reference, or would if there were any. */
  settings(name: string): Promise<ReferenceSettings> {
    return this.catalogue.settings(name);
  }

  /** Whether rows may share a stamp from now on. Those that do stay. */
  async setDuplicates(name: string, duplicates: Duplicates): Promise<void> {
    await this.catalogue.setDuplicates(name, duplicates === "keep");
  }

  /** How long the rows of a reference live after their stamp; `null`: for ever. What has expired stays gone. */
  async setTtl(name: string, ttlMillis: number | null): Promise<void> {
    await this.expiry.trim(name);
    await this.catalogue.setTtl(name, ttlMillis);
  }
}
