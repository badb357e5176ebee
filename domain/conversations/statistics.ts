/** What people ask of their channels: pulse, most active people, hot topics, representative messages, summaries. */
import { LRUCache } from "lru-cache";
import type { ConversationRow, ConversationStore, Span } from "../../db/conversations/conversations.ts";
import type { SummaryStore } from "../../db/conversations/summaries.ts";
import { ReadingRights } from "./people/access.ts";
import type { Analyst, ChannelRecap } from "./analyst.ts";
import { USUAL_DAYS } from "./inbox.ts";
import type { Summarizer, WrittenSummary } from "./summarizer.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";
import { firstAlive, type TimeToLive } from "../expiry.ts";

/** So many messages of a period are analysed; of a longer one, so many evenly spaced. */
const MAX_ANALYZED = 20_000;
/** Answers that are kept until their channel changes. */
const KEPT_ANSWERS = 1000;
/** The most words of a summary. */
export const SUMMARY_WORDS = 100;

const MINUTE_MS = 60_000;

/** One bucket of a pulse: `rate` is relative to the busiest, `time` the bucket's beginning, in milliseconds. */
export interface PulseBucket {
  readonly rate: number;
  readonly time: number;
}

/** The past hours in buckets of so many minutes. */
export interface PulseOptions {
  readonly hours?: number | undefined;
  readonly interval?: number | undefined;
}

/** A period: from then to before `until` (now unless given), in milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly until?: number | undefined;
}

/** A message that stands for others. */
export interface RepresentativeMessage {
  readonly username: string;
  readonly message: string;
}

/** What the statistics need. */
export interface StatisticsOptions {
  readonly conversations: ConversationStore;
  readonly summaries: SummaryStore;
  readonly analyst: Analyst;
  readonly summarizer: Summarizer;
  readonly clock: () => number;
  /** How long a message is kept; older ones are invisible, whether swept yet or not. */
  readonly ttlMillis: TimeToLive;
}

const NOTHING_SAID: ChannelRecap = {
  people: [],
  messages: 0,
  recap: { topics: [], open_questions: [], actions: [], text: "" },
  cited: new Map(),
};

/** Answers for one person at a time: a channel that is not theirs is `channel-not-found`, as if it did not exist. */
export class Statistics {
  /** Answers by channel, its version, the messages in the period, and the question. */
  readonly #answers = new LRUCache<string, Promise<unknown>>({ max: KEPT_ANSWERS });

  readonly #rights: ReadingRights;

  constructor(readonly options: StatisticsOptions) {
    this.#rights = new ReadingRights(options.conversations);
  }

  /** Makes ready for the questions of somebody who has just logged in. */
  prepare(): void {
    this.options.analyst.start();
  }

  /** The person's channels, by name. */
  async channels(person: string): Promise<{ id: string; name: string }[]> {
    const rows = await this.#rights.channels(person);
    return rows.map(({ publicId, name }) => ({ id: publicId, name }));
  }

  /** How many channels of anybody have messages that can be read. */
  count(): Promise<number> {
    return this.options.conversations.countWithMessages(this.#firstVisible(this.options.clock()));
  }

  /** The pulse of one channel, or of all the person's channels together. Ascending; empty when nothing was said. */
  async pulse(
    person: string,
    publicId: string | undefined,
    options: PulseOptions = {},
  ): Promise<PulseBucket[]> {
    const { hours = 24, interval = 5 } = options;
    const channels = publicId === undefined
      ? await this.#rights.channels(person)
      : [await this.#rights.channel(person, publicId)];
    const size = interval * MINUTE_MS;
    const now = this.options.clock();
    const last = Math.floor(now / size);
    const first = last - Math.ceil(hours * HOUR_MS / size) + 1;
    const from = Math.max(first * size, this.#firstVisible(now));
    const ids = channels.map(({ id }) => id);
    const counts = await this.options.conversations.buckets(ids, from, now + 1, size);
    if (counts.size === 0) return [];
    const most = Math.max(...counts.values());
    return Array.from({ length: last - first + 1 }, (_, i) => ({
      rate: (counts.get(first + i) ?? 0) / most,
      time: (first + i) * size,
    }));
  }

  /** Names of those who wrote most in the past hours, most messages first, equals by name. */
  async mostActive(person: string, publicId: string, { limit = 5, hours = 24 } = {}): Promise<string[]> {
    const channel = await this.#rights.channel(person, publicId);
    return await this.options.conversations.mostActive(this.#past(channel, hours * HOUR_MS), limit);
  }

  /** What the last 24 hours talk about more than the 30 days before, hottest first. */
  async hotTopics(person: string, publicId: string, limit = 10): Promise<readonly string[]> {
    const channel = await this.#rights.channel(person, publicId);
    const span = this.#past(channel, DAY_MS);
    return await this.#once(
      channel,
      span,
      `topics ${limit} ${Math.floor(span.from / DAY_MS)}`,
      async (messages) => {
        const phrases = await this.options.analyst.run({ kind: "phrases", messages });
        const today = Math.floor(span.from / DAY_MS);
        const keys = phrases.map(([phrase]) => phrase);
        const usual = await this.options.summaries.usual(channel.id, today - USUAL_DAYS, today, keys);
        return await this.options.analyst.run({ kind: "topics", messages, limit, usual });
      },
      [],
    );
  }

  /** Messages that together cover what was said, in the order written; the last 24 hours unless told otherwise. */
  async representatives(
    person: string,
    publicId: string,
    period?: Period,
    limit = 5,
  ): Promise<readonly RepresentativeMessage[]> {
    const channel = await this.#rights.channel(person, publicId);
    const span = period === undefined ? this.#past(channel, DAY_MS) : this.#span(channel, period);
    return await this.#once(channel, span, `representatives ${limit}`, async (messages) => {
      const ids = await this.options.analyst.run({ kind: "representatives", messages, limit });
      const chosen = await this.options.conversations.byIds(ids);
      return chosen.map(({ author, text }) => ({ username: author, message: text }));
    }, []);
  }

  /** What was said, in at most 100 words; of the last 24 hours unless told otherwise. */
  async summary(person: string, publicId: string, period?: Period): Promise<WrittenSummary> {
    const channel = await this.#rights.channel(person, publicId);
    const span = period === undefined ? this.#past(channel, DAY_MS) : this.#span(channel, period);
    return await this.#once<WrittenSummary>(
      channel,
      span,
      "summary",
      (messages) => this.options.summarizer.summarize(channel.name, messages, SUMMARY_WORDS),
      { summary: "", method: "extractive" },
    );
  }

  /**
   * What somebody who was away needs to know, in at most so many words; of the last 24 hours unless told otherwise. Each
   * statement cites the messages that it stands on.
   */
  async recap(person: string, publicId: string, period: Period | undefined, words: number) {
    const channel = await this.#rights.channel(person, publicId);
    const span = period === undefined ? this.#past(channel, DAY_MS) : this.#span(channel, period);
    const recap = await this.#once<ChannelRecap>(
      channel,
      span,
      `recap ${words}`,
      (messages) => this.options.analyst.run({ kind: "recap", messages, words }),
      NOTHING_SAID,
    );
    return { since: span.from, until: span.until - 1, ...recap };
  }

  /** The stored summaries of the past so many days, ascending. `day` is the number of days since the epoch. */
  async summaries(person: string, publicId: string, days: number) {
    const channel = await this.#rights.channel(person, publicId);
    const now = this.options.clock();
    const since = Math.max(now - days * DAY_MS, this.#firstVisible(now));
    return await this.options.summaries.since(channel.id, Math.floor(since / DAY_MS));
  }

  #firstVisible(now: number): number {
    return firstAlive(this.options.ttlMillis, now);
  }

  #past(channel: ConversationRow, milliseconds: number): Span {
    return this.#span(channel, { from: this.options.clock() - milliseconds });
  }

  #span({ id }: ConversationRow, { from, until }: Period): Span {
    const now = this.options.clock();
    return {
      conversation: id,
      from: Math.max(from, this.#firstVisible(now)),
      until: Math.min(until ?? Infinity, now + 1),
    };
  }

  /** The answer about a span's messages, worked out once for as long as they are the same. */
  async #once<T>(
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
