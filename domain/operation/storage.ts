/** What the data takes on the disk, by area. */
import type { StorageFigures } from "../../db/operation/figures.ts";
import { AREA_NAMES, type AreaName } from "../areas.ts";

/** Names of the tables of each area; a table that none has counts as `other`. */
const TABLES: Record<AreaName, RegExp> = {
  channels: /^((dropped_)?channel|(staged_)?item|idempotency|consumer|delivery|webhook)$/,
  profiles: /^(app|account|identity|person|field|event|context|active|profile)(_|$)(?!zone)/,
  series: /^(dropped_)?series(_|$)/,
  sessions: /^session(_|$)/,
  conversations:
    /^(conversation|member|(deleted_)?message|changed_day|day_(summary|phrase)|visit|own_user|revoked_token|voided_account|person_zone|wrong_password|known_address)$/,
};

/** Which area a table belongs to. */
export function areaOfTable(table: string): AreaName | "other" {
  return AREA_NAMES.find((name) => TABLES[name].test(table)) ?? "other";
}

/** The figures of the storage, with bytes by area. */
export class Storage {
  readonly commits: StorageFigures["commits"];
  readonly waiting: StorageFigures["waiting"];
  readonly bytes: StorageFigures["bytes"];
  readonly lags: StorageFigures["lags"];

  constructor(readonly figures: StorageFigures) {
    ({ commits: this.commits, waiting: this.waiting, bytes: this.bytes, lags: this.lags } = figures);
  }

  /** Bytes of each area, of other tables and of free pages; undefined where a server has the data. */
  async byArea(): Promise<Record<AreaName | "other" | "free", number> | undefined> {
    const tables = await this.figures.tables();
    if (tables === undefined) return undefined;
    const areas = { channels: 0, profiles: 0, series: 0, sessions: 0, conversations: 0, other: 0 };
    for (const [table, bytes] of tables.sizes) areas[areaOfTable(table)] += bytes;
    return { ...areas, free: tables.free };
  }
}
