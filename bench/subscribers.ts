/**
 * The audience of the fan-out benchmark: opens subscribers, prints a port when all are open, and answers there, once
 * everything expected has come or ten seconds have passed, how much was lost and how far behind messages were: 99 in a
 * hundred, and the farthest.
 * An item's id says when it was stored; both processes have the same clock.
 */
import process from "node:process";
import { keyOfId, timeOfKey } from "../domain/channels/item_id.ts";

const [url, subscribers, expected] = [Deno.args[0]!, Number(Deno.args[1]), Number(Deno.args[2])];
let received = 0;
/** Messages that were so many milliseconds behind. */
const behind: number[] = [];
const complete = Promise.withResolvers<void>();

function listen(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => resolve();
    socket.onerror = (event) => reject(event);
    socket.onmessage = ({ data }) => {
      const now = Date.now();
      for (const line of (data as string).split("\n")) {
        const millis = Math.max(0, now - timeOfKey(keyOfId(line.slice(-16))!));
        behind[millis] = (behind[millis] ?? 0) + 1;
        received++;
      }
      if (received >= subscribers * expected) complete.resolve();
    };
  });
}

for (let i = 0; i < subscribers; i += 50) {
  await Promise.all(Array.from({ length: Math.min(50, subscribers - i) }, listen));
}
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, async () => {
  await Promise.race([complete.promise, new Promise((resolve) => setTimeout(resolve, 10_000))]);
  return Response.json({
    lost: subscribers * expected - received,
    p99: farthestOf(0.99),
    worst: behind.length - 1,
    cpu: process.cpuUsage(),
  });
});

/** How far behind at most that share of the messages was. */
function farthestOf(share: number): number {
  let count = 0;
  return behind.findIndex((messages) => (count += messages ?? 0) >= share * received);
}
