/**
 * What is under way: things that come and go in any order, thousands a second.
 *
 * A Set or Map would keep them long after they left. Each time its table fills it makes another, the table before leads
 * to it, and once one of the dead tables is in the old generation, all that ever stood in those after it survives until
 * the next major collection: collections of garbage took a fifth of the time of an insert.
 */
export class Slots<Thing extends object> {
  readonly #things: (Thing | undefined)[] = [];
  readonly #free: number[] = [];

  /** Answers the slot, a number from 0 that is given again after `delete`. */
  add(thing: Thing): number {
    const slot = this.#free.pop() ?? this.#things.length;
    this.#things[slot] = thing;
    return slot;
  }

  get(slot: number): Thing | undefined {
    return this.#things[slot];
  }

  /** Answers what stood there. */
  delete(slot: number): Thing | undefined {
    const thing = this.#things[slot];
    if (thing === undefined) return undefined;
    this.#things[slot] = undefined;
    this.#free.push(slot);
    return thing;
  }

  get size(): number {
    return this.#things.length - this.#free.length;
  }

  /** The things, in no order that means anything. */
  *[Symbol.iterator](): Generator<Thing> {
    for (const thing of this.#things) {
      if (thing !== undefined) yield thing;
    }
  }
}
