/** A network with one hidden layer over features that are on or off: score = output · softsign(sum of their rows + bias). */

/** Its weights: `rows` has `hidden` numbers a feature. */
export interface Network {
  readonly hidden: number;
  readonly rows: Float32Array;
  readonly bias: Float32Array;
  readonly output: Float32Array;
}

/** A network as data: little-endian 16-bit whole numbers in base64, each times `scale`; rows, then bias, then output. */
export interface StoredNetwork {
  readonly hidden: number;
  readonly scale: number;
  readonly weights: string;
}

/** Adds the rows of the features from one place to another to a sum. */
export function addRows(
  { hidden, rows }: Network,
  features: Int32Array,
  sum: Float32Array,
  from: number,
  to: number,
): void {
  // Four features at once: the sum is read and written a quarter as often.
  let place = from;
  for (; place + 3 < to; place += 4) {
    const first = features[place]! * hidden;
    const second = features[place + 1]! * hidden;
    const third = features[place + 2]! * hidden;
    const fourth = features[place + 3]! * hidden;
    for (let unit = 0; unit < hidden; unit++) {
      sum[unit]! += rows[first + unit]! + rows[second + unit]! + rows[third + unit]! + rows[fourth + unit]!;
    }
  }
  for (; place < to; place++) {
    const start = features[place]! * hidden;
    for (let unit = 0; unit < hidden; unit++) sum[unit]! += rows[start + unit]!;
  }
}

/** Features that come one after another: of each the first bin, and how many there are. */
export type FeatureRun = readonly { readonly first: number; readonly bins: number }[];

/** The sums of the rows of all combinations of a run of features. */
interface RunTable {
  /** What each feature of the run counts in the number of a combination. */
  readonly strides: readonly number[];
  /** The number of the combination of the first bins, times -1. */
  readonly offset: number;
  readonly rows: Float32Array;
}

/** Scores one candidate after another from a few sums made beforehand, instead of a row for each feature. */
export class PairScorer {
  readonly #network: Network;
  readonly #tables: readonly RunTable[];
  readonly #sum: Float32Array;

  /** The runs together are the features of a pair, in their order. */
  constructor(network: Network, runs: readonly FeatureRun[]) {
    this.#network = network;
    this.#tables = runs.map((run) => tableOf(network, run));
    this.#sum = new Float32Array(network.hidden);
  }

  /** The score of the features from `start` on, added to what the message itself sums up to. */
  score(own: Float32Array, features: Int32Array, start: number): number {
    const sum = this.#sum;
    sum.set(own);
    let place = start;
    for (let table = 0; table < this.#tables.length; table++) {
      const { strides, offset, rows } = this.#tables[table]!;
      let row = offset;
      for (let index = 0; index < strides.length; index++) row += features[place++]! * strides[index]!;
      row *= sum.length;
      for (let unit = 0; unit < sum.length; unit++) sum[unit]! += rows[row + unit]!;
    }
    return scoreOf(this.#network, sum);
  }
}

function tableOf({ hidden, rows }: Network, run: FeatureRun): RunTable {
  let [offset, combinations] = [0, 1];
  const strides = run.map(({ first, bins }) => {
    const stride = combinations;
    offset -= first * stride;
    combinations *= bins;
    return stride;
  });
  const sums = new Float32Array(combinations * hidden);
  for (let combination = 0; combination < combinations; combination++) {
    for (const [index, { first, bins }] of run.entries()) {
      const feature = first + Math.floor(combination / strides[index]!) % bins;
      for (let unit = 0; unit < hidden; unit++) {
        sums[combination * hidden + unit]! += rows[feature * hidden + unit]!;
      }
    }
  }
  return { strides, offset, rows: sums };
}

/** The score of a sum of rows; leaves the hidden units' values in `sum`. */
export function scoreOf({ hidden, output }: Network, sum: Float32Array): number {
  let score = 0;
  for (let unit = 0; unit < hidden; unit++) {
    const input = sum[unit]!;
    const value = input / (1 + Math.abs(input));
    sum[unit] = value;
    score += value * output[unit]!;
  }
  return score;
}

/** Reads a stored network. */
export function readNetwork({ hidden, scale, weights }: StoredNetwork): Network {
  const bytes = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const values = Float32Array.from(
    { length: bytes.length / 2 },
    (_, index) => view.getInt16(2 * index, true) * scale,
  );
  const rows = values.length - 2 * hidden;
  return {
    hidden,
    rows: values.subarray(0, rows),
    bias: values.subarray(rows, rows + hidden),
    output: values.subarray(rows + hidden),
  };
}

/** Writes a network as data. */
export function storeNetwork({ hidden, rows, bias, output }: Network): StoredNetwork {
  const values = [...rows, ...bias, ...output];
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 32767;
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setInt16(2 * index, Math.round(value / scale), true);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { hidden, scale, weights: btoa(binary) };
}
