/**
 * The one mechanism that gathers callers. Operations that arrive while a run is pending or under way wait
 * together and go out as one call: writes of every area share a transaction and its fsync (GroupCommit), point
 * reads of one kind share a SELECT (createLookup). Each caller's promise settles with its own outcome.
 */
import {
  type Engine,
  EngineError,
  type EngineFailure,
  type Result,
  type Statement,
} from "./engine/engine.ts";
import { Histogram } from "./operation/histogram.ts";
import { traced } from "./operation/tracing.ts";
import { Batcher, type BatchLimits, DEFAULT_LIMITS } from "./queue.ts";

/** Turns the waiting operations of one kind into few statements, and their results back into outcomes. */
export interface Plan<Outcome> {
  readonly statements: readonly Statement[];
  /** Whether a power failure may undo it; see `WriteOptions`. What shares its transaction decides, too. */
  readonly mayBeLost?: boolean;
  /** One outcome for each operation, in their order; an `Error` is that caller's alone. */
  settle(results: readonly Result[]): (Outcome | Error)[];
}

/** Plans one kind of operation. It must not do I/O; it may be asked again with fewer operations after a failure. */
export type Planner<Op, Outcome> = (ops: Op[]) => Plan<Outcome>;

/**
 * How long the next commit may be held back. While another process writes the database: so many milliseconds, in which that
 * process uses it. Otherwise: this share of the time that the last commit took.
 */
const LONGEST_HOLD_MS = 3, HOLD_SHARE = 0.1;

interface WriteOp {
  readonly planner: Planner<unknown, unknown>;
  readonly op: unknown;
}

/** Group commit: the writes of all areas that wait are committed in one transaction with one fsync. */
export class GroupCommit {
  readonly #batcher: Batcher<WriteOp, unknown>;
  /** Since the start: how long each commit took until it was durable, and the writes in all of them. */
  readonly figures = { times: new Histogram(), writes: 0 };
  /** Rows that this process changed since the start, less those of `note`. */
  changes = 0;

  constructor(readonly engine: Engine, limits: BatchLimits = DEFAULT_LIMITS) {
    this.#batcher = new Batcher(
      (ops, holdNext) =>
        halving(ops, (some) => this.#commitTogether(some, holdNext), [
          "constraint",
          "too-large",
          "damaged",
          "other",
        ]),
      limits,
    );
  }

  /** Registers a kind of write. The answered function resolves after the commit that holds its operation. */
  writer<Op, Outcome>(planner: Planner<Op, Outcome>): (op: Op, bytes?: number) => Promise<Outcome> {
    return traced(
      "commit",
      (op: Op, bytes?: number) =>
        this.#batcher.submit({ planner: planner as Planner<unknown, unknown>, op }, bytes) as Promise<
          Outcome
        >,
    );
  }

  /** Commits a few statements, of about that many bytes, together with whatever else waits; all of them or none. */
  readonly execute: (statements: readonly Statement[], bytes?: number) => Promise<Result[]> = this.writer(
    planStatements,
  );

  /** As `execute`, for what a process notes of its own work, such as a lease: it makes no work for jobs. */
  readonly note: (statements: readonly Statement[]) => Promise<Result[]> = this.writer(planNotes);

  /** Writes that wait for a commit. */
  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** Resolves when every accepted write is settled. */
  drain(): Promise<void> {
    return this.#batcher.drain();
  }

  async #commitTogether(ops: WriteOp[], holdNext: (millis: number) => void): Promise<(unknown | Error)[]> {
    const kinds = Map.groupBy(ops.keys(), (i) => ops[i]!.planner);
    const plans = Array.from(
      kinds,
      ([planner, indexes]) => ({ planner, indexes, plan: planner(indexes.map((i) => ops[i]!.op)) }),
    );
    const started = performance.now();
    let isShared = false;
    const results = await this.engine.write(plans.flatMap(({ plan }) => plan.statements), {
      onShared: () => isShared = true,
      mayBeLost: plans.every(({ plan }) => plan.mayBeLost === true),
    });
    const took = performance.now() - started;
    this.figures.times.observe(took);
    holdNext(isShared ? LONGEST_HOLD_MS : Math.min(LONGEST_HOLD_MS, took * HOLD_SHARE));
    this.figures.writes += ops.length;
    const outcomes = new Array<unknown>(ops.length);
    let from = 0;
    for (const { planner, indexes, plan } of plans) {
      const answers = results.slice(from, from += plan.statements.length);
      if (planner !== planNotes) this.changes += answers.reduce((sum, { changes }) => sum + changes, 0);
      const own = plan.settle(answers);
      indexes.forEach((index, i) => outcomes[index] = own[i]);
    }
    return outcomes;
  }
}

function planStatements(ops: (readonly Statement[])[]): Plan<Result[]> {
  return {
    statements: ops.flat(),
    settle(results) {
      let from = 0;
      return ops.map((op) => results.slice(from, from += op.length));
    },
  };
}

const planNotes: typeof planStatements = (ops) => planStatements(ops);

/** A coalesced point read: what is asked in the same turn, or while a read runs, is answered by one read call. */
export function createLookup<Op, Outcome>(
  engine: Engine,
  planner: Planner<Op, Outcome>,
  limits: BatchLimits = DEFAULT_LIMITS,
): (op: Op) => Promise<Outcome> {
  const read = async (ops: Op[]) => {
    const plan = planner(ops);
    return plan.settle(await engine.read(plan.statements));
  };
  // A server bounds the bytes of one answer, which nobody knows before they are read.
  const batcher = new Batcher<Op, Outcome>((ops) => halving(ops, read, ["too-large", "damaged"]), limits);
  return (op) => batcher.submit(op);
}

/**
 * Runs operations together. When one of them may be why that failed, halving finds it without costing its neighbours:
 * of what failed nothing took effect.
 */
async function halving<Op, Outcome>(
  ops: Op[],
  run: (ops: Op[]) => Promise<(Outcome | Error)[]>,
  oneMayBeWhy: readonly EngineFailure[],
): Promise<(Outcome | Error)[]> {
  try {
    return await run(ops);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isShared = !(error instanceof EngineError && oneMayBeWhy.includes(error.failure));
    if (ops.length === 1 || isShared) return ops.map(() => error);
    const middle = ops.length >> 1;
    return [
      ...await halving(ops.slice(0, middle), run, oneMayBeWhy),
      ...await halving(ops.slice(middle), run, oneMayBeWhy),
    ];
  }
}
