/**
 * The one mechanism that gathers callers. Operations that arrive while a run is pending or under way wait
 * together and go out as one call: writes of every area share a transaction and its fsync (GroupCommit), point
 * reads of one kind share a SELECT (createLookup). Each caller's promise settles with its own outcome.
 */
import { setImmediate } from "node:timers";
import { type Engine, EngineError, type Result, type Statement } from "./engine/engine.ts";

/** Bounds of one queue. Past `maxWaiting` or `maxWaitingBytes` a caller is refused with `OverloadError`. */
export interface BatchLimits {
  /** Operations in one run. */
  readonly maxBatch: number;
  /** Bytes in one run; a single larger operation runs alone. */
  readonly maxBatchBytes: number;
  /** Operations that may wait. */
  readonly maxWaiting: number;
  /** Bytes that may wait. */
  readonly maxWaitingBytes: number;
}

const MIB = 1 << 20;
export const DEFAULT_LIMITS: BatchLimits = {
  maxBatch: 512,
  maxBatchBytes: 8 * MIB,
  maxWaiting: 20_000,
  maxWaitingBytes: 128 * MIB,
};

/** More waits than the queue may hold. Nothing was stored; the caller may try again. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

interface Waiting<Op, Outcome> {
  readonly op: Op;
  readonly bytes: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Settles each operation of a run, in order; an `Error` in the list rejects that caller alone. */
export type BatchRun<Op, Outcome> = (ops: Op[]) => Promise<(Outcome | Error)[]>;

/** A bounded queue whose operations are run together, one run at a time. */
export class Batcher<Op, Outcome> {
  #waiting: Waiting<Op, Outcome>[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  #running: Promise<void> | undefined;

  constructor(readonly run: BatchRun<Op, Outcome>, readonly limits: BatchLimits = DEFAULT_LIMITS) {}

  /** Queues an operation of about that many bytes and settles with its outcome. */
  submit(op: Op, bytes = 0): Promise<Outcome> {
    const { maxWaiting, maxWaitingBytes } = this.limits;
    if (
      this.#waiting.length >= maxWaiting ||
      (this.#waitingBytes > 0 && this.#waitingBytes + bytes > maxWaitingBytes)
    ) {
      return Promise.reject(new OverloadError(`${this.#waiting.length} operations wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ op, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== undefined) {
      await (this.#running ?? new Promise((resolve) => setImmediate(resolve)));
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#running !== undefined) return;
    this.#scheduled = true;
    // setImmediate lets every request of this turn join; a timer, even of 1 ms, halves the rate.
    setImmediate(() => {
      this.#scheduled = false;
      this.#running = this.#runNext();
    });
  }

  async #runNext(): Promise<void> {
    const batch = this.#take();
    try {
      const outcomes = await this.run(batch.map((waiting) => waiting.op));
      batch.forEach((waiting, i) => {
        const outcome = outcomes[i] as Outcome | Error;
        if (outcome instanceof Error) waiting.reject(outcome);
        else waiting.resolve(outcome);
      });
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
    this.#running = undefined;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #take(): Waiting<Op, Outcome>[] {
    let count = 0, bytes = 0;
    for (const waiting of this.#waiting) {
      if (
        count === this.limits.maxBatch || (count > 0 && bytes + waiting.bytes > this.limits.maxBatchBytes)
      ) break;
      count++;
      bytes += waiting.bytes;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}

/** Turns the waiting operations of one kind into few statements, and their results back into outcomes. */
export interface Plan<Outcome> {
  readonly statements: readonly Statement[];
  /** One outcome for each operation, in their order; an `Error` is that caller's alone. */
  settle(results: readonly Result[]): (Outcome | Error)[];
}

/** Plans one kind of operation. It must not do I/O; it may be asked again with fewer operations after a failure. */
export type Planner<Op, Outcome> = (ops: Op[]) => Plan<Outcome>;

interface WriteOp {
  readonly planner: Planner<unknown, unknown>;
  readonly op: unknown;
}

/** Group commit: the writes of all areas that wait are committed in one transaction with one fsync. */
export class GroupCommit {
  readonly #batcher: Batcher<WriteOp, unknown>;

  constructor(readonly engine: Engine, limits: BatchLimits = DEFAULT_LIMITS) {
    this.#batcher = new Batcher((ops) => this.#commit(ops), limits);
  }

  /** Registers a kind of write. The answered function resolves after the commit that holds its operation. */
  writer<Op, Outcome>(planner: Planner<Op, Outcome>): (op: Op, bytes?: number) => Promise<Outcome> {
    return (op, bytes) =>
      this.#batcher.submit({ planner: planner as Planner<unknown, unknown>, op }, bytes) as Promise<Outcome>;
  }

  /** Commits a few statements, of about that many bytes, together with whatever else waits; all of them or none. */
  readonly execute: (statements: readonly Statement[], bytes?: number) => Promise<Result[]> = this.writer<
    readonly Statement[],
    Result[]
  >(
    (ops) => ({
      statements: ops.flat(),
      settle(results) {
        let from = 0;
        return ops.map((op) => results.slice(from, from += op.length));
      },
    }),
  );

  /** Resolves when every accepted write is settled. */
  drain(): Promise<void> {
    return this.#batcher.drain();
  }

  async #commit(ops: WriteOp[]): Promise<unknown[]> {
    try {
      return await this.#commitTogether(ops);
    } catch (error) {
      const onlyOneMayFail = error instanceof EngineError &&
        ["constraint", "too-large", "other"].includes(error.failure);
      if (ops.length === 1 || !onlyOneMayFail) return ops.map(() => error);
      // Nothing was stored. Halving finds the operation that cannot be stored without costing its neighbours.
      const middle = ops.length >> 1;
      return [...await this.#commit(ops.slice(0, middle)), ...await this.#commit(ops.slice(middle))];
    }
  }

  async #commitTogether(ops: WriteOp[]): Promise<unknown[]> {
    const kinds = Map.groupBy(ops.keys(), (i) => ops[i]!.planner);
    const plans = Array.from(
      kinds,
      ([planner, indexes]) => ({ indexes, plan: planner(indexes.map((i) => ops[i]!.op)) }),
    );
    const results = await this.engine.write(plans.flatMap(({ plan }) => plan.statements));
    const outcomes = new Array<unknown>(ops.length);
    let from = 0;
    for (const { indexes, plan } of plans) {
      const own = plan.settle(results.slice(from, from += plan.statements.length));
      indexes.forEach((index, i) => outcomes[index] = own[i]);
    }
    return outcomes;
  }
}

/** A coalesced point read: what is asked in the same turn, or while a read runs, is answered by one read call. */
export function createLookup<Op, Outcome>(
  engine: Engine,
  planner: Planner<Op, Outcome>,
  limits: BatchLimits = DEFAULT_LIMITS,
): (op: Op) => Promise<Outcome> {
  const batcher = new Batcher<Op, Outcome>(async (ops) => {
    const plan = planner(ops);
    return plan.settle(await engine.read(plan.statements));
  }, limits);
  return (op) => batcher.submit(op);
}
