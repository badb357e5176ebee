/** Writing with a promise beside storing: once for a key, only after a certain item, many items or none. */
import { createHash, randomUUID } from "node:crypto";
import type { Written } from "../../db/channels/items.ts";
import type { KeyedContent, Write, WriteStore } from "../../db/channels/writes.ts";
import { invalid, RunnelError } from "../errors.ts";
import { inShortSteps } from "../short_steps.ts";
import { DAY_MS } from "../time.ts";
import type { Channels } from "./channels.ts";
import { idOfKey, keyOfId } from "./item_id.ts";
import type { Items } from "./items/items.ts";

/** How long the answer to a write with an Idempotency-Key is kept, in milliseconds. */
const ANSWER_MS = DAY_MS;
/** A bulk that was not finished after this long never will be. */
const STAGED_MS = 3_600_000;
/** A bulk that is larger, in bytes or items, is put aside piece by piece and made visible by one commit. */
const PIECE_BYTES = 1 << 20, PIECE_ITEMS = 5_000;

/** Conditions of a write. */
export interface WriteOptions {
  /** The same key within a day answers the first result again. */
  readonly idempotencyKey?: string | undefined;
  /** An item's id that must still be the newest, or `none`. */
  readonly ifLatest?: string | undefined;
}

/** Items that are stored: so many, with keys one after the other. */
export interface StoredItems {
  readonly firstKey: bigint;
  readonly count: number;
  /** Whether they had been stored before, under the same Idempotency-Key. */
  readonly isReplay: boolean;
}

/** Writes to channels. */
export class Writer {
  constructor(
    readonly channels: Channels,
    readonly items: Items,
    readonly store: WriteStore,
    readonly clock: () => number,
  ) {}

  /**
   * Stores one item. Unknown channel: `channel-not-found`. Another item is the newest: `precondition-failed`. The key was
   * used for other content: `idempotency-conflict`.
   */
  async insert(name: string, content: KeyedContent, options: WriteOptions): Promise<StoredItems> {
    const write = await this.#prepare(name, [content], options, () => digestOf([content]));
    return this.#answer(name, write.channel, await this.store.write(write));
  }

  /** Stores all items, in their order, in one commit, or none of them. Fails as `insert` does, or as the items do. */
  async bulk(
    name: string,
    items: AsyncIterable<readonly KeyedContent[]>,
    options: WriteOptions,
  ): Promise<StoredItems> {
    const hash = options.idempotencyKey === undefined ? undefined : createHash("sha256");
    const bulk = randomUUID();
    let piece: KeyedContent[] = [], bytes = 0, staged = 0;
    try {
      for await (const some of items) {
        for (const item of some) {
          if (hash !== undefined) addTo(hash, item);
          piece.push(item);
          bytes += item.body.length;
          if (bytes < PIECE_BYTES && piece.length < PIECE_ITEMS) continue;
          await this.store.stage(bulk, staged, piece);
          staged += piece.length;
          piece = [];
          bytes = 0;
        }
      }
      if (staged + piece.length === 0) {
        throw invalid("there is no item in the body");
      }
      if (staged > 0 && piece.length > 0) {
        await this.store.stage(bulk, staged, piece);
        staged += piece.length;
      }
      const write = await this.#prepare(name, piece, options, () => hash!.digest("base64url"));
      const written = await this.store.write(
        staged === 0 ? write : { ...write, contents: [], staged: { bulk, count: staged } },
      );
      return this.#answer(name, write.channel, written);
    } finally {
      // What is left after a failure here goes with the next sweep.
      if (staged > 0) inShortSteps((limit) => this.store.free(bulk, limit)).catch(() => {});
    }
  }

  /** Frees what was put aside and never finished, and answers that are no longer kept. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const now = this.clock();
    await inShortSteps((limit) => this.store.sweepStaged(now - STAGED_MS, limit), signal);
    await inShortSteps((limit) => this.store.sweepAnswers(now - ANSWER_MS, limit), signal);
  }

  async #prepare(
    name: string,
    contents: readonly KeyedContent[],
    { idempotencyKey, ifLatest }: WriteOptions,
    digest: () => string,
  ): Promise<Write> {
    const { channel, visible, trims } = await this.channels.window(name);
    return {
      channel,
      trims,
      contents,
      ...(ifLatest !== undefined && { ifLatest: { key: latestKey(ifLatest), visible } }),
      ...(idempotencyKey !== undefined &&
        { once: { name: idempotencyKey, digest: digest(), expired: this.clock() - ANSWER_MS } }),
    };
  }

  #answer(name: string, channel: number, written: Written): StoredItems {
    if (written.outcome === "no-channel") {
      throw new RunnelError("channel-not-found", `there is no channel named ${name}`);
    }
    if (written.outcome === "conflict") {
      throw new RunnelError(
        "idempotency-conflict",
        "this Idempotency-Key was used for other content: take a new key for it",
      );
    }
    if (written.outcome === "not-latest") {
      const newest = written.last === 0n ? "it has none" : `the newest is ${idOfKey(written.last)}`;
      throw new RunnelError(
        "precondition-failed",
        `If-Latest names another item of channel ${name}: ${newest}`,
      );
    }
    const { last, count, outcome } = written;
    if (outcome === "stored") this.items.announce(channel, last);
    return { firstKey: last - BigInt(count - 1), count, isReplay: outcome === "replayed" };
  }
}

function latestKey(id: string): bigint {
  if (id === "none") return 0n;
  const key = keyOfId(id);
  if (key !== undefined && key > 0n) return key;
  throw invalid(`If-Latest is ${id}, but must be an item's id, or none`);
}

function digestOf(contents: readonly KeyedContent[]): string {
  const hash = createHash("sha256");
  for (const content of contents) addTo(hash, content);
  return hash.digest("base64url");
}

/** Lengths come first, so that two lists of items never look alike. */
function addTo(
  hash: ReturnType<typeof createHash>,
  { type, encoding, language, itemKey, body }: KeyedContent,
) {
  hash.update(JSON.stringify([type, encoding, language, itemKey, body.length])).update(body);
}
