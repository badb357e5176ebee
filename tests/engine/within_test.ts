import { equal, rejects } from "../support/assert.ts";
import { LateError, within } from "../../db/within.ts";

const MINUTE_MS = 60_000;

// The test runner fails a test that leaves a timer behind.
Deno.test("within() answers with the outcome of the promise, and leaves no timer", async () => {
  equal(await within(MINUTE_MS, "the answer", Promise.resolve(42)), 42);
  await rejects(within(MINUTE_MS, "the answer", Promise.reject(new TypeError("no"))), TypeError);
});

Deno.test("within() names what did not come in time", async () => {
  const never = new Promise<never>(() => {});
  await rejects(within(1, "Slack", never), (error) => {
    equal((error as Error).message, "Slack gave no answer within 1 ms");
    return error instanceof LateError;
  });
});
