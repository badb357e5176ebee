/** Putting stamps into a time zone, and taking them out of it. */
import { invalid } from "../../errors.ts";
import type { DataFrame } from "./frame.ts";
import { DAY_NS, formatStamp, MAX_STAMP, MIN_STAMP } from "./stamps.ts";

const DAY = BigInt(DAY_NS);
/** After every local time. */
const FAR = MAX_STAMP + 2n * DAY;

/** The word that stands for no zone at all. */
export const NAIVE = "naive";

/**
 * The frame in a zone: naive stamps are its local times (pandas: tz_localize), aware ones and numbers stay the instants
 * that they are (tz_convert). `naive`: stamps lose their zone and are in UTC. Throws RunnelError naming a local time that
 * a change of the clock skips or repeats.
 */
export function inZone(frame: DataFrame, zone: string): DataFrame {
  const { stamps, columns, labels, repeated } = frame;
  const kept = { columns, labels, repeated };
  if (zone === NAIVE) return { ...kept, stamps, aware: false };
  const zoned = { ...kept, aware: true, ...(zone !== "UTC" && { zone }) };
  if (frame.aware || frame.undecided || zone === "UTC") return { ...zoned, stamps };
  const clock = new LocalClock(zone);
  const toMoment = (local: bigint) => checkStamp(local - clock.offsetAt(local));
  return {
    ...zoned,
    stamps: stamps.map(toMoment),
    repeated: repeated === undefined ? undefined : toMoment(repeated),
  };
}

function checkStamp(stamp: bigint): bigint {
  if (stamp >= MIN_STAMP && stamp <= MAX_STAMP) return stamp;
  throw invalid("In that zone a stamp lies outside 1677-09-22 to 2262-04-11.");
}

/** The offsets of a zone, for local times that mostly ascend. No zone is a day or more from UTC. */
class LocalClock {
  /** Local times in nanoseconds from `from` to before `to` have this offset and no other. */
  #from = 0n;
  #to = 0n;
  #offset = 0n;

  constructor(readonly zone: string) {}

  /** Nanoseconds to take off a local time. */
  offsetAt(local: bigint): bigint {
    if (local < this.#from || local >= this.#to) this.#look(local);
    return this.#offset;
  }

  #look(local: bigint): void {
    const before = new Temporal.ZonedDateTime(local - DAY, this.zone);
    const change = before.getTimeZoneTransition("next");
    const offsets = [before, change ?? before].map(({ offsetNanoseconds }) => BigInt(offsetNanoseconds));
    // What the clock shows just before its change, and just after it.
    const [shown, jumped] = change === null
      ? [FAR, FAR]
      : offsets.map((offset) => change.epochNanoseconds + offset) as [bigint, bigint];
    const early = shown < jumped ? shown : jumped, late = shown < jumped ? jumped : shown;
    if (local >= early && local < late) throw unsure(local, this.zone, shown < jumped);
    this.#from = local;
    this.#offset = local < early ? offsets[0]! : offsets[1]!;
    if (local < early) this.#to = early;
    else {
      const next = change!.getTimeZoneTransition("next");
      this.#to = next === null ? FAR : next.epochNanoseconds - DAY;
    }
  }
}

function unsure(local: bigint, zone: string, isSkipped: boolean) {
  return invalid(
    `The time ${formatStamp(local, false)} ${
      isSkipped ? "does not exist" : "comes twice"
    } in ${zone}, where the clock changes: send stamps with their offset.`,
  );
}
