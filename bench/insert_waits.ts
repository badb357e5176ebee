/**
 * A writer beside others: inserts small items into a channel one after another, and answers on the port that it prints
 * how long the inserts since the last such answer took, in milliseconds. A process of its own, so that the pauses of
 * whoever measures do not count.
 */
import { insertOne } from "./channel_items.ts";

/** Milliseconds between two inserts, so that the writer alone leaves the machine almost idle. */
const PAUSE_MS = 2;

const url = Deno.args[0]!;
let waits: number[] = [];

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, () => {
  const since = waits;
  waits = [];
  return Response.json(since);
});
while (true) {
  const started = performance.now();
  await insertOne(url);
  waits.push(performance.now() - started);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
