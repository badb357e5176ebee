/**
 * Assertions that tell 1 from "1" and null from undefined. Deno 2.9 exports the loose ones of these names from
 * `node:assert/strict`; those with `Strict` in their names are strict.
 */
export {
  AssertionError,
  deepStrictEqual as deepEqual,
  doesNotMatch,
  doesNotThrow,
  match,
  notDeepStrictEqual as notDeepEqual,
  notStrictEqual as notEqual,
  ok,
  rejects,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
