/** Learns which message answers which, from the IRC messages that people annotated (../../../shared/data/threads). */
import { LinkReader, startFeatures } from "../../domain/conversations/recap/links/features.ts";
import { featureCount, pairFeatures } from "../../domain/conversations/recap/links/table.ts";
import { readLines } from "../../domain/conversations/recap/links/lines.ts";
import type { ChannelMessage } from "../../domain/conversations/recap/message.ts";
import { addRows, type Network, scoreOf } from "../../domain/conversations/recap/links/network.ts";

/** A line of the data set. */
export interface AnnotatedLine {
  readonly id: string;
  readonly file?: string;
  readonly channel?: string;
  readonly time: string;
  readonly user: string;
  readonly text: string;
  readonly replyTo?: readonly string[];
  /** Whether somebody joined, left or changed their name. */
  readonly system?: boolean;
}

/** One message to learn from: its features, and which candidates are right. */
interface Example {
  readonly own: Int32Array;
  readonly features: readonly Int32Array[];
  readonly right: readonly boolean[];
}

/** The lines of each hour or channel by its name. */
export function readHours(path: string): Map<string, AnnotatedLine[]> {
  const lines = Deno.readTextFileSync(path).split("\n").filter(Boolean).map((line): AnnotatedLine =>
    JSON.parse(line)
  );
  return Map.groupBy(lines, ({ file, channel }) => (file ?? channel)!);
}

/** As the analysis reads them. */
export function asMessages(lines: readonly AnnotatedLine[]): ChannelMessage[] {
  return lines.map(({ id, user, text, time }) => ({ id, user, text, time: Date.parse(time) }));
}

function examplesOf(lines: readonly AnnotatedLine[]): Example[] {
  const reader = new LinkReader(readLines(asMessages(lines)));
  const places = new Map(lines.map(({ id }, index) => [id, index]));
  const examples: Example[] = [];
  for (const [index, { replyTo }] of lines.entries()) {
    if (replyTo !== undefined) {
      const gold = new Set(replyTo.length === 0 ? [-1] : replyTo.map((id) => places.get(id)!));
      const { own, candidates, features } = reader.read(index);
      const right = candidates.map((candidate) => gold.has(candidate));
      const each = candidates.map((candidate, place) => {
        const start = place * pairFeatures;
        return features.slice(start, start + (candidate < 0 ? startFeatures : pairFeatures));
      });
      if (right.includes(true)) examples.push({ own: own.slice(), features: each, right });
    }
    reader.pass(index);
  }
  return examples;
}

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Softmax over the candidates of one example, and one step of AdaGrad for each weight that took part. */
class Trainer {
  readonly network: Network;
  readonly #squares: { rows: Float32Array; bias: Float32Array; output: Float32Array };
  rate = 0.05;

  constructor(hidden: number, random: () => number) {
    const normal = () => (random() + random() + random() - 1.5) * 0.3;
    this.network = {
      hidden,
      rows: Float32Array.from({ length: featureCount * hidden }, normal),
      bias: new Float32Array(hidden),
      output: Float32Array.from({ length: hidden }, normal),
    };
    this.#squares = {
      rows: new Float32Array(featureCount * hidden).fill(0.1),
      bias: new Float32Array(hidden).fill(0.1),
      output: new Float32Array(hidden).fill(0.1),
    };
  }

  #step(which: "rows" | "bias" | "output", index: number, gradient: number): void {
    const squares = this.#squares[which];
    squares[index]! += gradient * gradient;
    this.network[which][index]! -= this.rate * gradient / Math.sqrt(squares[index]!);
  }

  learn({ own, features, right }: Example): number {
    const { network } = this;
    const { hidden } = network;
    const base = network.bias.slice();
    addRows(network, own, base, 0, own.length);
    const units = features.map((some) => {
      const sum = base.slice();
      addRows(network, some, sum, 0, some.length);
      return sum;
    });
    const scores = units.map((sum) => scoreOf(network, sum));
    const most = Math.max(...scores);
    const odds = scores.map((score) => Math.exp(score - most));
    const all = odds.reduce((sum, odd) => sum + odd, 0);
    const good = odds.reduce((sum, odd, place) => right[place] ? sum + odd : sum, 0);
    const ofOutput = new Float32Array(hidden);
    const ofOwn = new Float32Array(hidden);
    for (const [place, odd] of odds.entries()) {
      const gradient = odd / all - (right[place] ? odd / good : 0);
      if (Math.abs(gradient) < 1e-4) continue;
      const values = units[place]!;
      for (let unit = 0; unit < hidden; unit++) {
        const value = values[unit]!;
        ofOutput[unit]! += gradient * value;
        values[unit] = gradient * network.output[unit]! * (1 - Math.abs(value)) ** 2;
        ofOwn[unit]! += values[unit]!;
      }
      for (const feature of features[place]!) {
        const start = feature * hidden;
        for (let unit = 0; unit < hidden; unit++) this.#step("rows", start + unit, values[unit]!);
      }
    }
    for (const feature of own) {
      for (let unit = 0; unit < hidden; unit++) this.#step("rows", feature * hidden + unit, ofOwn[unit]!);
    }
    for (let unit = 0; unit < hidden; unit++) {
      this.#step("bias", unit, ofOwn[unit]!);
      this.#step("output", unit, ofOutput[unit]!);
    }
    return -Math.log(good / all);
  }
}

/** Learns from the hours; `report` gets the mean loss of each round. */
export function trainLinks(
  hours: Iterable<readonly AnnotatedLine[]>,
  { hidden = 16, rounds = 6 },
  report: (round: number, loss: number) => void,
): Network {
  const random = randomNumbers(7);
  const examples = [...hours].flatMap(examplesOf);
  const trainer = new Trainer(hidden, random);
  for (let round = 1; round <= rounds; round++) {
    for (let index = examples.length - 1; index > 0; index--) {
      const other = Math.floor(random() * (index + 1));
      [examples[index], examples[other]] = [examples[other]!, examples[index]!];
    }
    trainer.rate = 0.05 * (1 - (round - 1) / rounds);
    let loss = 0;
    for (const example of examples) loss += trainer.learn(example);
    report(round, loss / examples.length);
  }
  return trainer.network;
}
