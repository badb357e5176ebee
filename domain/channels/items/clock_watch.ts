/** A clock that once ran ahead: the items of that time keep their order, but bear times that are still to come. */
import { CLOCK_LEEWAY_MS, iso } from "../../time.ts";
import { timeOfKey } from "../item_id.ts";

/** Says in the log which channels have items that bear a time still to come: each channel once. */
export class ClockWatch {
  readonly #said = new Set<number>();

  constructor(
    readonly clock: () => number,
    readonly log: (line: string) => void,
    readonly nameOf: (channel: number) => Promise<string | undefined>,
  ) {}

  /** Looks at the key of a channel's newest item. */
  look(channel: number, key: bigint): void {
    const time = timeOfKey(key);
    if (time <= this.clock() + CLOCK_LEEWAY_MS || this.#said.has(channel)) return;
    this.#said.add(channel);
    const say = (name = "that is gone") =>
      this.log(
        `the newest item of channel ${name} bears the time ${iso(time)}, which is still to come: the ` +
          `clock once ran ahead; stop Runnel and run: runnel channel repair ${name}`,
      );
    this.nameOf(channel).then(say).catch(() => {});
  }
}
