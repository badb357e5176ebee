/** The users of a run by start: sketches of each country and day, and of each day of all countries. */
import type { Chunk } from "../../../db/sessions/format/chunk.ts";
import { hashOfUser, packSketches, Sketch } from "../../../db/sessions/format/sketch.ts";
import { QUARTER_MICROS, QUARTERS_A_DAY } from "../storage/changes.ts";

const DAY_MICROS = QUARTER_MICROS * QUARTERS_A_DAY;

/**
 * Entries come in the order of the run, so a country's day is over when the next one begins: its sketch is packed then, and
 * takes a few bytes a user. Only those of all countries are held as they are.
 */
export class RunSketches {
  readonly #packed = new Map<string, Map<number, Uint8Array>>();
  readonly #all = new Map<number, Sketch>();
  /** Of the country and day of the last entry. */
  #current:
    | { readonly country: string; readonly day: number; readonly own: Sketch; readonly all: Sketch }
    | undefined;

  /** Counts the user of an entry. */
  add(chunk: Chunk, i: number): void {
    const country = chunk.country(i)!, day = Math.floor(chunk.starts[i]! / DAY_MICROS);
    let current = this.#current;
    if (current === undefined || country !== current.country || day !== current.day) {
      this.#packCurrent();
      current = this.#current = { country, day, own: new Sketch(), all: this.#allOf(day) };
    }
    const from = chunk.idsFrom(i), user = hashOfUser(chunk.idBytes, from, from + chunk.middle(i));
    current.own.add(user);
    current.all.add(user);
  }

  /** By country, and by '' for all of them: the sketches of each day as one blob. */
  pack(): Map<string, Uint8Array> {
    this.#packCurrent();
    const packed = new Map(Array.from(this.#packed, ([country, days]) => [country, packSketches(days)]));
    if (this.#all.size === 0) return packed;
    const all = new Map(Array.from(this.#all, ([day, sketch]) => [day, sketch.pack()]));
    return packed.set("", packSketches(all));
  }

  #packCurrent(): void {
    if (this.#current === undefined) return;
    const { country, day, own } = this.#current;
    let days = this.#packed.get(country);
    if (days === undefined) this.#packed.set(country, days = new Map());
    days.set(day, own.pack());
    this.#current = undefined;
  }

  #allOf(day: number): Sketch {
    let sketch = this.#all.get(day);
    if (sketch === undefined) this.#all.set(day, sketch = new Sketch());
    return sketch;
  }
}
