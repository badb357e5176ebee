/**
 * Learns the weights that ship in domain/conversations/recap from annotated data whose licence allows it.
 *
 *   deno task train [--data ../shared/data]
 *
 * Deterministic: the same data gives the same weights.
 */
import { parseArgs } from "node:util";
import { storeNetwork } from "../domain/conversations/recap/links/network.ts";
import { readHours, trainLinks } from "./train/links.ts";

const links = new URL("../domain/conversations/recap/links/weights.json", import.meta.url);
const attribution =
  "Learned from #ubuntu IRC logs annotated by Kummerfeld et al., A Large-Scale Corpus for " +
  "Conversation Disentanglement, ACL 2019 (CC BY 4.0), github.com/jkkummerfeld/irc-disentanglement.";

const { values: options } = parseArgs({ options: { data: { type: "string", default: "../shared/data" } } });
const hours = readHours(`${options.data}/threads/train.jsonl`);
const network = trainLinks(hours.values(), {}, (round, loss) => {
  Deno.stdout.writeSync(new TextEncoder().encode(`links, round ${round}: loss ${loss.toFixed(4)}\n`));
});
Deno.writeTextFileSync(links, `${JSON.stringify({ attribution, ...storeNetwork(network) }, null, 2)}\n`);
