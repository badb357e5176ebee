/** What the clocks of a time zone show, in milliseconds since 1970 as those clocks count them. */
import { DAY_MS, momentIn } from "../../time.ts";

/** The clock of an IANA time zone. Neighbouring moments are cheap: the zone is asked only near a change of its clocks. */
export class ZoneClock {
  #from = Infinity;
  #to = -Infinity;
  #offset = 0;

  constructor(readonly zone: string) {}

  /** What the clock shows at a moment. */
  toLocal(moment: number): number {
    if (!(moment >= this.#from && moment < this.#to)) this.#lookUp(moment);
    return moment + this.#offset;
  }

  /** The moment at which the clock shows a time, as `momentIn` finds it. */
  toMoment(local: number): number {
    const moment = local - this.#offset;
    if (moment >= this.#from + DAY_MS && moment < this.#to - DAY_MS) return moment;
    const found = momentIn(this.zone, local);
    this.#lookUp(found);
    return found;
  }

  /** Between which changes of the clocks a moment lies. */
  #lookUp(moment: number): void {
    const here = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(this.zone);
    const after = here.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
    this.#from = after?.epochMilliseconds ?? -Infinity;
    this.#to = here.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity;
    this.#offset = here.offsetNanoseconds / 1e6;
  }
}
