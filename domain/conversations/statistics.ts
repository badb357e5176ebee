/** What people ask of their channels: pulse, most active people, hot topics, representative messages, summaries. */
import type { ConversationRow, ConversationStore } from "../../db/conversations/conversations.ts";
import type { DaySummary, SummaryStore } from "../../db/conversations/summaries.ts";
import type { ReadingRights } from "./people/access.ts";
import type { Analyst } from "./analyst.ts";
import { USUAL_DAYS } from "./inbox.ts";
import type { Summarizer, WrittenSummary } from "./summarizer.ts";
import { DAY_MS, HOUR_MS, iso } from "../time.ts";
import type { AskedSpan, IsPresent, Period, Spans } from "./spans.ts";
import { type LocalDay, localDays } from "./people/zones.ts";

/** So many days at most are summarised when they are asked for. */
const MAX_WRITTEN_DAYS = 31;
/** Words of a summary, unless others are asked for. */
export const SUMMARY_WORDS = 100;

const MINUTE_MS = 60_000;
/** Minutes of a bucket. */
const USUAL_INTERVAL = 5;

/** One bucket of a pulse: `rate` is relative to the busiest, `time` the bucket's beginning, in milliseconds. */
export interface PulseBucket {
  readonly rate: number;
  readonly time: number;
}

/** The past hours in buckets of so many minutes. */
export interface PulseOptions {
  readonly hours?: number | undefined;
  readonly interval?: number | undefined;
  /** Buckets begin anew at each midnight of this time zone; UTC unless given. */
  readonly timezone?: string | undefined;
}

/** A message, where it was written and when. */
export interface PlacedMessage {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly username: string;
  /** Where its source shows it, when that is known. */
  readonly link: string | undefined;
}

/** A message that stands for others. */
export interface RepresentativeMessage extends PlacedMessage {
  readonly message: string;
}

/** A summary, and the messages that it stands on. */
export interface CitedSummary extends Omit<WrittenSummary, "ids"> {
  readonly messages: readonly PlacedMessage[];
}

/** What a finished day was about. */
export interface NamedDay extends Omit<DaySummary, "day"> {
  /** Such as 2026-01-02. */
  readonly day: string;
}

/** What the statistics need. */
export interface StatisticsOptions {
  readonly conversations: ConversationStore;
  readonly summaries: SummaryStore;
  readonly analyst: Analyst;
  readonly summarizer: Summarizer;
  readonly clock: () => number;
  readonly rights: ReadingRights;
  readonly spans: Spans;
}

/** Answers for one person at a time: a channel that is not theirs is `channel-not-found`, as if it did not exist. */
export class Statistics {
  readonly #rights: ReadingRights;
  readonly #spans: Spans;

  constructor(readonly options: StatisticsOptions) {
    this.#rights = options.rights;
    this.#spans = options.spans;
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

  #lastDay(): Period {
    return { from: this.options.clock() - DAY_MS };
  }

  /** How many channels have messages that the person, or whoever has not logged in (undefined), may read. */
  count(person: string | undefined): Promise<number> {
    return this.#rights.count(person, this.#spans.firstVisible(this.options.clock()));
  }

  /** The pulse of one channel, or of all the person's channels together. Ascending; empty when nothing was said. */
  async pulse(
    person: string,
    publicId: string | undefined,
    options: PulseOptions = {},
  ): Promise<PulseBucket[]> {
    const channels = publicId === undefined
      ? await this.#rights.channels(person)
      : [await this.#rights.channel(person, publicId)];
    const now = this.options.clock();
    const starts = bucketStarts(now, options);
    const from = Math.max(starts[0]!, this.#spans.firstVisible(now));
    const ids = channels.map(({ id }) => id);
    // Every midnight of every time zone is a whole quarter of an hour, seen from the epoch.
    const unit = commonDivisor(options.interval ?? USUAL_INTERVAL, 15) * MINUTE_MS;
    const found = await this.options.conversations.buckets(ids, from, now + 1, unit);
    if (found.size === 0) return [];
    const counts = new Array<number>(starts.length).fill(0);
    let place = 0;
    for (const [unitNumber, count] of [...found].toSorted(([a], [b]) => a - b)) {
      while (place + 1 < starts.length && starts[place + 1]! <= unitNumber * unit) place++;
      counts[place]! += count;
    }
    const most = Math.max(...counts);
    return starts.map((time, index) => ({ rate: counts[index]! / most, time }));
  }

  /** Names of those who wrote most in the past hours, most messages first, equals by name. */
  async mostActive(person: string, publicId: string, { limit = 5, hours = 24 } = {}): Promise<string[]> {
    const channel = await this.#rights.channel(person, publicId);
    return await this.options.conversations.mostActive(this.#spans.past(channel, hours * HOUR_MS), limit);
  }

  /** What the last 24 hours talk about more than the 30 days before, hottest first. */
  async hotTopics(
    person: string,
    publicId: string,
    limit = 10,
    isPresent?: IsPresent,
  ): Promise<readonly string[]> {
    const asked = await this.#spans.askedBy(person, publicId, this.#lastDay());
    const { channel, span } = asked;
    return await this.#spans.once(
      asked,
      `topics ${limit} ${Math.floor(span.from / DAY_MS)}`,
      async (messages, isWanted) => {
        const phrases = await this.options.analyst.run({ kind: "phrases", messages }, isWanted);
        const today = Math.floor(span.from / DAY_MS);
        const keys = phrases.map(([phrase]) => phrase);
        const usual = await this.options.summaries.usual(channel.id, today - USUAL_DAYS, today, keys);
        return await this.options.analyst.run({ kind: "topics", messages, limit, usual }, isWanted);
      },
      [],
      isPresent,
    );
  }

  /** Messages that together cover what was said, in the order written; the last 24 hours unless told otherwise. */
  async representatives(
    person: string,
    publicId: string,
    period?: Period,
    limit = 5,
    isPresent?: IsPresent,
  ): Promise<readonly RepresentativeMessage[]> {
    const asked = await this.#spans.askedBy(person, publicId, period ?? this.#lastDay());
    return await this.#spans.once(
      asked,
      `representatives ${limit}`,
      async (messages, isWanted) => {
        const ids = await this.options.analyst.run({ kind: "representatives", messages, limit }, isWanted);
        const chosen = await this.options.conversations.byIds(ids);
        return chosen.map(({ text, ...placed }) => ({ ...placed, message: text }));
      },
      [],
      isPresent,
    );
  }

  /** What was said, in at most so many words; of the last 24 hours unless told otherwise. */
  async summary(
    person: string,
    publicId: string,
    period?: Period,
    words = SUMMARY_WORDS,
    isPresent?: IsPresent,
  ): Promise<CitedSummary> {
    return await this.#summarize(
      await this.#spans.askedBy(person, publicId, period ?? this.#lastDay()),
      words,
      isPresent,
    );
  }

  async #summarize(asked: AskedSpan, words: number, isPresent: IsPresent | undefined): Promise<CitedSummary> {
    const { channel } = asked;
    return await this.#spans.once<CitedSummary>(
      asked,
      `summary ${words}`,
      async (messages, isWanted) => {
        const { summarizer } = this.options;
        const { ids, ...written } = await summarizer.summarize(channel.name, messages, words, isWanted);
        const cited = await this.options.conversations.byIds(ids);
        return { ...written, messages: cited.map(({ text: _, ...placed }) => placed) };
      },
      { summary: "", method: "extractive", messages: [] },
      isPresent,
    );
  }

  /** Summaries of the past so many finished days, ascending: the stored ones, or those of the days of a time zone. */
  async summaries(
    person: string,
    publicId: string,
    days: number,
    timezone = "UTC",
    isPresent?: IsPresent,
  ): Promise<NamedDay[]> {
    const channel = await this.#rights.channel(person, publicId);
    const now = this.options.clock();
    const since = Math.max(now - days * DAY_MS, this.#spans.firstVisible(now));
    return timezone === "UTC"
      ? await this.#storedSummaries(channel, since, isPresent)
      : await this.#localSummaries(channel, timezone, since, isPresent);
  }

  /**
   * What was stored of a day is not shown any more when its messages changed, or some of them are past their time: it may
   * tell what was deleted. Such days are summarised as they are, the latest ones first, and left out beyond the limit.
   */
  async #storedSummaries(
    channel: ConversationRow,
    since: number,
    isPresent: IsPresent | undefined,
  ): Promise<NamedDay[]> {
    const firstWhole = this.#spans.firstVisible(this.options.clock()) / DAY_MS;
    let left = MAX_WRITTEN_DAYS;
    const shown: NamedDay[] = [];
    const stored = await this.options.summaries.since(channel.id, Math.floor(since / DAY_MS));
    for (const { day: number, isOutdated, ...rest } of stored.toReversed()) {
      const start = number * DAY_MS, day = iso(start).slice(0, 10);
      if (!isOutdated && number >= firstWhole) shown.push({ day, ...rest });
      else if (left-- > 0) {
        shown.push(...await this.#summarizeDay(channel, { day, start, end: start + DAY_MS }, isPresent));
      }
    }
    return shown.toReversed();
  }

  async #localSummaries(
    channel: ConversationRow,
    timezone: string,
    since: number,
    isPresent: IsPresent | undefined,
  ): Promise<NamedDay[]> {
    const now = this.options.clock();
    const days = Math.min(Math.ceil((now - since) / DAY_MS), MAX_WRITTEN_DAYS);
    const written: NamedDay[] = [];
    for (const day of localDays(timezone, now, days).slice(0, -1)) {
      written.push(...await this.#summarizeDay(channel, day, isPresent));
    }
    return written;
  }

  /** The summary of a day, none where nothing was said. */
  async #summarizeDay(
    channel: ConversationRow,
    { day, start, end }: LocalDay,
    isPresent: IsPresent | undefined,
  ): Promise<NamedDay[]> {
    const asked = await this.#spans.asked(channel, { from: start, until: end });
    if (asked.ends === undefined) return [];
    const { conversations, summaries } = this.options;
    const { summary } = await this.#summarize(asked, SUMMARY_WORDS, isPresent);
    const messages = await conversations.count(asked.span);
    return [{ day, summary, messages, people: await summaries.people(asked.span) }];
  }
}

/** When the buckets of a pulse begin, ascending, the last one at `now` or before. */
function bucketStarts(
  now: number,
  { hours = 24, interval = USUAL_INTERVAL, timezone = "UTC" }: PulseOptions,
): number[] {
  const size = interval * MINUTE_MS;
  const count = Math.ceil(hours * HOUR_MS / size);
  if (timezone === "UTC") {
    const last = Math.floor(now / size);
    return Array.from({ length: count }, (_, index) => (last - count + 1 + index) * size);
  }
  const days = Math.ceil(count * size / DAY_MS) + 1;
  const starts = localDays(timezone, now, days).flatMap(({ start, end }) =>
    Array.from({ length: Math.ceil((end - start) / size) }, (_, index) => start + index * size)
  );
  return starts.filter((start) => start <= now).slice(-count);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
