/**
 * Publishes to NATS JetStream with so many publishes under way at a time, for some seconds, and prints how many were
 * acknowledged each second. Arguments: port, publishes under way, seconds, bytes of a message.
 */
// Only this benchmark needs it, so it is no dependency of the program.
// deno-lint-ignore no-import-prefix
import { connect } from "npm:nats@2.29.3";

const [port, underWay, seconds, bytes] = Deno.args.map(Number) as [number, number, number, number];
const connection = await connect({ port });
await (await connection.jetstreamManager()).streams.add({ name: "bench", subjects: ["bench"] });
const stream = connection.jetstream();
const body = new Uint8Array(bytes).fill(120);
const started = performance.now();
const end = started + seconds * 1000;
let acknowledged = 0;

async function publish(): Promise<void> {
  while (performance.now() < end) {
    await stream.publish("bench", body);
    acknowledged++;
  }
}

await Promise.all(Array.from({ length: underWay }, publish));
console.log(acknowledged / ((performance.now() - started) / 1000));
await connection.close();
