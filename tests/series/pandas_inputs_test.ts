import * as assert from "../support/assert.ts";
import { RunnelError } from "../../domain/errors.ts";
import { readFrame } from "../../domain/series/formats/json/read_frame.ts";
import { writeFrameText } from "../../domain/series/formats/json/write_frame.ts";
import { DIFFERENCES } from "./differences.ts";
import { type InputVector, inputVectors } from "./vectors.ts";

/** The bodies that are long and regular, by their rule (a Python expression). */
const LONG_BODIES: Record<string, string> = {
  "'['*1023+']'*1023": "[".repeat(1023) + "]".repeat(1023),
  "'['*1025+']'*1025": "[".repeat(1025) + "]".repeat(1025),
  "'{\"a\":'*1100+'1'+'}'*1100": '{"a":'.repeat(1100) + "1" + "}".repeat(1100),
};

for (const group of ["columns", "index", "split", "records", "table", "values", "malformed"]) {
  const vectors = inputVectors(group);
  Deno.test(`readFrame() makes of the ${vectors.length} bodies in ${group} what pandas does, or what the rule says`, () => {
    for (const vector of vectors) checkInput(vector, group);
  });
}

function checkInput(vector: InputVector, group: string): void {
  const where = `${group} ${vector.id} as ${vector.orient}`;
  const body = vector.body ?? LONG_BODIES[vector.body_rule!]!;
  const write = () => writeFrameText(readFrame(body, vector.orient), vector.orient);
  const difference = DIFFERENCES[group]?.[vector.id];
  if (difference?.refused) {
    assert.throws(
      write,
      (error) => error instanceof RunnelError && difference.refused!.test(error.message),
      where,
    );
  } else if (difference) assert.equal(write(), difference.written, `${where}: ${difference.rule}`);
  else if (vector.result?.index?.kind === "DatetimeIndex") assert.equal(write(), vector.to_json_iso, where);
  // What is no frame over time to pandas (an error, or labels that it does not take for dates) is refused.
  else assert.throws(write, RunnelError, where);
}

Deno.test("every difference from pandas belongs to a vector", () => {
  for (const [group, differences] of Object.entries(DIFFERENCES)) {
    const ids = new Set(inputVectors(group).map((vector) => vector.id));
    for (const id of Object.keys(differences)) assert.ok(ids.has(id), `${group} has no vector ${id}`);
  }
});
