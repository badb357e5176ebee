import { deepEqual, equal } from "../support/assert.ts";
import { Slots } from "../../db/slots.ts";

Deno.test("Slots: each thing stays until it is taken out, once, and its slot is given again", () => {
  const slots = new Slots<{ readonly name: string }>();
  const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
  deepEqual([slots.add(a), slots.add(b)], [0, 1]);
  equal(slots.delete(0), a);
  equal(slots.delete(0), undefined);
  deepEqual([slots.size, ...slots], [1, b]);
  equal(slots.add(c), 0);
  equal(slots.add(a), 2);
  deepEqual([slots.size, ...slots], [3, c, b, a]);
});

Deno.test("Slots: things may leave while all are looked at", () => {
  const slots = new Slots<{ readonly slot: number }>();
  for (let slot = 0; slot < 4; slot++) slots.add({ slot });
  const seen: number[] = [];
  for (const { slot } of slots) {
    seen.push(slot);
    slots.delete(slot);
    slots.delete(slot + 1);
  }
  deepEqual(seen, [0, 2]);
  equal(slots.size, 0);
});
