/** Where items go that nobody acknowledged: to the dead-letter channel, or away where a consumer has none. */
import type { ConsumerRow } from "../../../db/channels/consumers/consumers.ts";
import type { DeliveryStore, GivenRow } from "../../../db/channels/consumers/deliveries.ts";
import type { Channels } from "../channels.ts";
import { idOfKey } from "../item_id.ts";
import type { Items } from "../items/items.ts";
import { settingsOf } from "./settings.ts";

/** Items that are given up in one transaction. */
const BURIAL = 100;

/** What is given up, and why. */
interface Burial {
  readonly items: readonly Pick<GivenRow, "key" | "deliveries">[];
  /** Items that were given out less often are somebody's again. */
  readonly minDeliveries: number;
  /** Unless given: nobody acknowledged the item. */
  readonly reason?: string;
}

/** Gives up items of consumers. */
export class DeadLetters {
  constructor(readonly channels: Channels, readonly items: Items, readonly deliveries: DeliveryStore) {}

  /** Moves what was given out too often to the dead-letter channel, or drops it where there is none. */
  async buryExhausted(row: ConsumerRow, channelName: string): Promise<void> {
    const { maxDeliver } = settingsOf(row);
    const { id: consumer, channel } = row;
    while (true) {
      const found = await this.deliveries.exhausted({ consumer, channel, maxDeliver }, BURIAL);
      if (found.length === 0) return;
      const count = await this.bury(row, channelName, { items: found, minDeliveries: maxDeliver });
      if (count === 0 || found.length < BURIAL) return;
    }
  }

  /** Gives up these items, and answers how many that was. None while the dead-letter channel is missing. */
  async bury(
    row: ConsumerRow,
    channelName: string,
    { items: found, minDeliveries: maxDeliver, reason }: Burial,
  ): Promise<number> {
    const { channels, deliveries } = this;
    const { deadLetter: targetName } = settingsOf(row);
    // A dead-letter channel that was removed since: the items wait until there is one again.
    const target = targetName === undefined
      ? undefined
      : await channels.window(targetName).catch(() => undefined);
    if (targetName !== undefined && target === undefined) return 0;
    const items = found.map(({ key, deliveries }) => ({
      key,
      headers: {
        "Dead-Letter-Channel": channelName,
        "Dead-Letter-Item": idOfKey(key),
        "Dead-Letter-Consumer": row.name,
        "Dead-Letter-Deliveries": `${deliveries}`,
        "Dead-Letter-Reason": reason ?? `not acknowledged after ${deliveries} deliveries`,
      },
    }));
    const { id: consumer, channel } = row;
    const deadLetter = target?.channel;
    const { count, head } = await deliveries.bury({ consumer, channel, maxDeliver, items, deadLetter });
    if (deadLetter !== undefined && head !== undefined && count > 0) this.items.announce(deadLetter, head);
    return count;
  }
}
