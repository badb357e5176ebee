/**
 * Which messages of a channel belong together. What the source says (threads, replies) comes first; where it says nothing,
 * a learned score picks the earlier message that each one most likely answers, or none (docs/text-analysis.md).
 */
import { LinkReader, startFeatures } from "./links/features.ts";
import { pairFeatures, pairRuns } from "./links/table.ts";
import stored from "./links/weights.json" with { type: "json" };
import { readLines } from "./links/lines.ts";
import type { ChannelMessage } from "./message.ts";
import { addRows, type Network, PairScorer, readNetwork, scoreOf } from "./links/network.ts";

let network: Network | undefined;

/** For each message the index of the earlier one that it answers; -1 where it begins a conversation. */
export function replyLinks(messages: readonly ChannelMessage[]): Int32Array {
  return linkWith(network ??= readNetwork(stored), messages);
}

/** The same with other weights, for training. */
export function linkWith(weights: Network, messages: readonly ChannelMessage[]): Int32Array {
  const reader = new LinkReader(readLines(messages));
  const scorer = new PairScorer(weights, pairRuns);
  const told = toldLinks(messages);
  const links = new Int32Array(messages.length).fill(-1);
  const own = new Float32Array(weights.hidden);
  for (let index = 0; index < messages.length; index++) {
    const known = told[index];
    if (known !== undefined) links[index] = known;
    else {
      const { own: ownFeatures, candidates, features } = reader.read(index);
      own.set(weights.bias);
      addRows(weights, ownFeatures, own, 0, ownFeatures.length);
      let most = -Infinity;
      for (let place = 0; place < candidates.length - 1; place++) {
        const candidate = candidates[place]!;
        // A message of a thread of the source is answered there, and nowhere else.
        if (messages[candidate]!.thread !== undefined) continue;
        const score = scorer.score(own, features, place * pairFeatures);
        if (score > most) [most, links[index]] = [score, candidate];
      }
      const start = (candidates.length - 1) * pairFeatures;
      addRows(weights, features, own, start, start + startFeatures);
      if (scoreOf(weights, own) > most) links[index] = -1;
    }
    reader.pass(index);
  }
  return links;
}

/** The links that the source knows: undefined where it knows nothing. */
function toldLinks(messages: readonly ChannelMessage[]): (number | undefined)[] {
  const places = new Map<string, number>();
  const lastOfThread = new Map<string, number>();
  return messages.map(({ id, thread, replyTo }, index) => {
    const answered = replyTo === undefined ? undefined : places.get(replyTo);
    const inThread = thread === undefined ? undefined : lastOfThread.get(thread) ?? places.get(thread) ?? -1;
    places.set(id, index);
    if (thread !== undefined) lastOfThread.set(thread, index);
    return answered ?? inThread;
  });
}

/** The conversations of a channel: indexes of messages, ascending; in the order in which they begin. */
export function threadsOf(links: Int32Array): number[][] {
  const roots = new Int32Array(links.length);
  const threads = new Map<number, number[]>();
  for (let index = 0; index < links.length; index++) {
    const root = roots[index] = links[index]! < 0 ? index : roots[links[index]!]!;
    const thread = threads.get(root);
    if (thread === undefined) threads.set(root, [index]);
    else thread.push(index);
  }
  return [...threads.values()];
}
