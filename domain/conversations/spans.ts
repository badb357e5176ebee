/** Stretches of channels that questions are about, and the answers that are kept until their channel changes. */
import { LRUCache } from "lru-cache";
import type {
  ConversationRow,
  ConversationStore,
  Ends,
  Span,
  Stretch,
} from "../../db/conversations/conversations.ts";
import type { ReadingRights } from "./people/access.ts";
import { clientLeft } from "../errors.ts";
import { firstAlive, type TimeToLive } from "../expiry.ts";
import type { IsWanted } from "./analyst.ts";

/** So many messages of a period are analysed; of a longer one, so many evenly spaced. */
export const MAX_ANALYZED = 20_000;
/** Answers that are kept. */
const KEPT_ANSWERS = 1000;

/** A period: from then to before `until` (now unless given), in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly until?: number | undefined;
}

/** A span that is asked about; without messages it has no ends. */
export interface AskedSpan {
  readonly channel: ConversationRow;
  readonly span: Span;
  readonly ends: Ends | undefined;
}

/** What spans need. */
export interface SpanOptions {
  readonly conversations: ConversationStore;
  readonly rights: ReadingRights;
  readonly clock: () => number;
  /** How long a message is kept; older ones are invisible, whether swept yet or not. */
  readonly ttlMillis: TimeToLive;
}

/** Whether who asked still waits for the answer. */
export type IsPresent = () => boolean;

/** An answer that is worked out once, and those who wait for it until it is there. */
interface Shared {
  readonly answer: Promise<unknown>;
  readonly askers: Set<IsPresent>;
}

/** Reads spans of channels, and answers what is asked of the same messages once. */
export class Spans {
  /** Answers by channel, its version, the messages in the period, and the question. */
  readonly #answers = new LRUCache<string, Shared>({ max: KEPT_ANSWERS });

  constructor(readonly options: SpanOptions) {}

  /** Since when messages can be read. */
  firstVisible(now: number): number {
    return firstAlive(this.options.ttlMillis, now);
  }

  /** The past so many milliseconds of a channel. */
  past(channel: ConversationRow, milliseconds: number): Span {
    return this.of(channel, { from: this.options.clock() - milliseconds });
  }

  /** What can be read of a period of a channel. */
  of({ id }: ConversationRow, period: Period): Span {
    return { conversation: id, ...this.visible(period) };
  }

  /** A period of a channel that the person may read, to be asked about. */
  async asked(channel: ConversationRow, period: Period): Promise<AskedSpan> {
    const span = this.of(channel, period);
    return { channel, span, ends: await this.options.conversations.ends(span) };
  }

  /** The same of a channel of which only the id is known, if the person may read it; see `ReadingRights.channel`. */
  async askedBy(person: string, publicId: string, period: Period): Promise<AskedSpan> {
    const stretch = this.visible(period);
    const { channel, ends } = await this.options.rights.stretch(person, publicId, stretch);
    return { channel, span: { conversation: channel.id, ...stretch }, ends };
  }

  /** What can be read of a period of any channel. */
  visible({ from, until }: Period): Stretch {
    const now = this.options.clock();
    return { from: Math.max(from, this.firstVisible(now)), until: Math.min(until ?? Infinity, now + 1) };
  }

  /**
   * The answer about a span's messages, worked out once for as long as they are the same. It is abandoned (`clientLeft`)
   * between two of its steps once none of those who asked is present any more.
   */
  async once<T>(
    asked: AskedSpan,
    question: string,
    answer: (messages: string, isWanted: IsWanted) => Promise<T>,
    nothing: T,
    isPresent: IsPresent = () => true,
  ): Promise<T> {
    const { channel: { id, version }, span, ends } = asked;
    if (ends === undefined) return nothing;
    // The same version and the same ends: the same messages.
    const key = [id, version, ends.first, ends.last, question].join(" ");
    const shared = this.#answers.get(key) ?? this.#begin(key, span, answer);
    shared.askers.add(isPresent);
    return await shared.answer as T;
  }

  #begin<T>(
    key: string,
    span: Span,
    answer: (messages: string, isWanted: IsWanted) => Promise<T>,
  ): Shared {
    const { conversations } = this.options;
    const askers = new Set<IsPresent>();
    const isWanted = () => {
      if (askers.values().some((isPresent) => isPresent())) return true;
      // The next asker starts another analysis.
      this.#answers.delete(key);
      return false;
    };
    const work = async () => {
      const count = await conversations.count(span);
      if (!isWanted()) throw clientLeft();
      const messages = await conversations.messages(span, Math.ceil(count / MAX_ANALYZED));
      return await answer(messages, isWanted);
    };
    const shared = { answer: work(), askers };
    this.#answers.set(key, shared);
    shared.answer.catch(() => this.#answers.delete(key)).finally(() => askers.clear());
    return shared;
  }
}
