/** Each finished day's summary and usual phrases, of every channel in which something was said. */
import type { ConversationStore } from "../../db/conversations/conversations.ts";
import type { ChangedDay, SummaryStore } from "../../db/conversations/summaries.ts";
import type { Analyst } from "./analyst.ts";
import { MAX_ANALYZED } from "./spans.ts";
import { SUMMARY_WORDS } from "./statistics.ts";
import type { Summarizer } from "./summarizer.ts";
import { DAY_MS } from "../time.ts";

/** Days that are read at a time. */
const DAYS_A_PAGE = 100;

/** What writing summaries needs. */
export interface DailyOptions {
  readonly conversations: ConversationStore;
  readonly summaries: SummaryStore;
  readonly analyst: Analyst;
  readonly summarizer: Summarizer;
  readonly clock: () => number;
}

/** Writes what finished days were about, also those that were missed, imported or edited since. */
export class DailySummaries {
  constructor(readonly options: DailyOptions) {}

  /** Writes all that is due, the latest days first, and answers how many days. `signal` stops it between two. */
  async write(signal?: AbortSignal): Promise<number> {
    const { summaries, clock } = this.options;
    const today = Math.floor(clock() / DAY_MS);
    let written = 0;
    while (true) {
      const due = await summaries.changed(today, DAYS_A_PAGE);
      for (const day of due) {
        if (signal?.aborted) return written;
        await this.#writeDay(day);
        written++;
      }
      if (due.length < DAYS_A_PAGE) return written;
    }
  }

  async #writeDay(changed: ChangedDay): Promise<void> {
    const { conversations, summaries, analyst, summarizer } = this.options;
    const { conversation, name, day } = changed;
    const span = { conversation, from: day * DAY_MS, until: (day + 1) * DAY_MS };
    const count = await conversations.count(span);
    if (count === 0) return await summaries.write(changed, undefined, []);
    const step = Math.ceil(count / MAX_ANALYZED);
    const messages = await conversations.messages(span, step);
    const { summary } = await summarizer.summarize(name, messages, SUMMARY_WORDS);
    const phrases = await analyst.run({ kind: "phrases", messages });
    const people = await summaries.people(span);
    // Of a sampled day the counts are made whole again, so that rates hold.
    const whole = phrases.map(([phrase, of]) => [phrase, of * step] as const);
    await summaries.write(changed, { summary, messages: count, people }, whole);
  }
}
