/** Stretches of channels that questions are about, and the answers that are kept until their channel changes. */
import { LRUCache } from "lru-cache";
import type { ConversationRow, ConversationStore, Span } from "../../db/conversations/conversations.ts";
import { firstAlive, type TimeToLive } from "../expiry.ts";

/** So many messages of a period are analysed; of a longer one, so many evenly spaced. */
export const MAX_ANALYZED = 20_000;
/** Answers that are kept. */
const KEPT_ANSWERS = 1000;

/** A period: from then to before `until` (now unless given), in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly until?: number | undefined;
}

/** What spans need. */
export interface SpanOptions {
  readonly conversations: ConversationStore;
  readonly clock: () => number;
  /** How long a message is kept; older ones are invisible, whether swept yet or not. */
  readonly ttlMillis: TimeToLive;
}

/** Reads spans of channels, and answers what is asked of the same messages once. */
export class Spans {
  /** Answers by channel, its version, the messages in the period, and the question. */
  readonly #answers = new LRUCache<string, Promise<unknown>>({ max: KEPT_ANSWERS });

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
  of({ id }: ConversationRow, { from, until }: Period): Span {
    const now = this.options.clock();
    return {
      conversation: id,
      from: Math.max(from, this.firstVisible(now)),
      until: Math.min(until ?? Infinity, now + 1),
    };
  }

  /** The answer about a span's messages, worked out once for as long as they are the same. */
  async once<T>(
    { id, version }: ConversationRow,
    span: Span,
    question: string,
    answer: (messages: string) => Promise<T>,
    nothing: T,
  ): Promise<T> {
    const { conversations } = this.options;
    const ends = await conversations.ends(span);
    if (ends === undefined) return nothing;
    // The same version and the same ends: the same messages.
    const key = [id, version, ends.first, ends.last, question].join(" ");
    let kept = this.#answers.get(key) as Promise<T> | undefined;
    if (kept === undefined) {
      kept = conversations.count(span)
        .then((count) => conversations.messages(span, Math.ceil(count / MAX_ANALYZED)))
        .then(answer);
      this.#answers.set(key, kept);
      kept.catch(() => this.#answers.delete(key));
    }
    return await kept;
  }
}
