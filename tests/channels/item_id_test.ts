import { equal, ok } from "../support/assert.ts";
import fc from "fast-check";
import { firstKeyAt, idOfKey, keyOfId, timeOfKey } from "../../domain/channels/item_id.ts";

const key = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const digit = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUV");

Deno.test("idOfKey() gives the published id its published time", () => {
  const published = keyOfId("00002FHOK8JMK000")!;
  equal(new Date(timeOfKey(published)).toISOString(), "2013-04-23T20:42:31.146Z");
  equal(published & 0xffffn, 0n);
  equal(idOfKey(published), "00002FHOK8JMK000");
});

Deno.test("keyOfId() reads what idOfKey() wrote", () => {
  fc.assert(
    fc.property(key, (each) => keyOfId(idOfKey(each)) === each && /^[0-9A-V]{16}$/.test(idOfKey(each))),
  );
});

Deno.test("ids sort as keys do", () => {
  fc.assert(fc.property(key, key, (a, b) => (a < b) === (idOfKey(a) < idOfKey(b))));
});

Deno.test("idOfKey() is base32hex over 8 bytes of milliseconds and 2 of sequence", () => {
  fc.assert(fc.property(key, (each) => {
    const bits = [...idOfKey(each)].map((char) => parseInt(char, 32).toString(2).padStart(5, "0")).join("");
    equal(Number(BigInt(`0b${bits.slice(0, 64)}`)), timeOfKey(each));
    equal(BigInt(`0b${bits.slice(64)}`), each & 0xffffn);
  }));
});

Deno.test("keyOfId() refuses what no key has, and never throws", () => {
  for (
    const id of ["", "0", "00002FHOK8JMK00", "00002FHOK8JMK0000", "00002fhok8jmk000", "00002FHOK8JMK00W"]
  ) {
    equal(keyOfId(id), undefined, id);
  }
  equal(keyOfId("VVVVVVVVVVVVVVVV"), undefined);
  equal(keyOfId(idOfKey(2n ** 63n - 1n)), 2n ** 63n - 1n);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: digit, minLength: 16, maxLength: 16 })), (id) => {
      const found = keyOfId(id);
      return found === undefined || idOfKey(found) === id;
    }),
  );
});

Deno.test("firstKeyAt() is the lowest key of its millisecond", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 46 }), (time) => {
    equal(timeOfKey(firstKeyAt(time)), time);
    equal(timeOfKey(firstKeyAt(time) - 1n), time - 1);
  }));
  ok(firstKeyAt(-5) === 0n);
});
