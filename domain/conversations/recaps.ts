/** What people who were away need to know: of one channel, or of all of theirs. */
import type { ConversationRow, ConversationStore } from "../../db/conversations/conversations.ts";
import { invalid } from "../errors.ts";
import { DAY_MS } from "../time.ts";
import type { ReadingRights } from "./people/access.ts";
import type { IsPresent, Period, Spans } from "./spans.ts";
import type { Summarizer, WrittenRecap } from "./summarizer.ts";

/** Words of a recap, unless others are asked for. */
export const RECAP_WORDS = 200;
/** A channel of which less could be told is left out of a recap of all. */
const LEAST_WORDS = 20;

/** Since when, until when, and in how many words. */
export interface RecapQuestion {
  /** Milliseconds since the epoch, or where the person stopped reading; the last 24 hours unless given. */
  readonly since?: number | "last-visit" | undefined;
  readonly until?: number | undefined;
  readonly words?: number | undefined;
  /** Whether who asked still waits; always unless given. */
  readonly isPresent?: IsPresent | undefined;
}

/** What recaps need. */
export interface RecapOptions {
  readonly conversations: ConversationStore;
  readonly summarizer: Summarizer;
  readonly rights: ReadingRights;
  readonly spans: Spans;
  readonly clock: () => number;
}

const NOTHING_SAID: WrittenRecap = {
  people: [],
  messages: 0,
  recap: { topics: [], open_questions: [], actions: [], text: "" },
  cited: new Map(),
  method: "extractive",
};

/** Recaps for one person at a time; see `Statistics` for whose channels. */
export class Recaps {
  constructor(readonly options: RecapOptions) {}

  /** Of one channel, in at most so many words. Each statement cites the messages that it stands on. */
  async ofChannel(person: string, publicId: string, question: RecapQuestion) {
    const channel = await this.options.rights.channel(person, publicId);
    const { words = RECAP_WORDS, isPresent } = question;
    return await this.#recap(channel, await this.#period(person, channel, question), words, isPresent);
  }

  /** Of all the person's channels in which something was said, the busiest first, within one budget of words. */
  async ofAll(person: string, question: RecapQuestion) {
    const { rights, conversations } = this.options;
    const { words = RECAP_WORDS } = question;
    const channels = await Promise.all(
      (await rights.channels(person)).map(async (channel) => {
        const period = await this.#period(person, channel, question);
        const { from, until } = this.options.spans.of(channel, period);
        const counts = await conversations.counts([channel.id], from, until);
        return { channel, period, messages: counts.get(channel.id) ?? 0 };
      }),
    );
    const busiest = channels.filter(({ messages }) => messages > 0).toSorted((a, b) =>
      b.messages - a.messages || (a.channel.publicId < b.channel.publicId ? -1 : 1)
    ).slice(0, Math.floor(words / LEAST_WORDS));
    // Twice the messages do not have twice as much to tell.
    const weights = busiest.map(({ messages }) => Math.sqrt(messages));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const spare = words - busiest.length * LEAST_WORDS;
    return await Promise.all(busiest.map(async ({ channel, period }, index) => {
      const share = LEAST_WORDS + Math.floor(spare * weights[index]! / sum);
      const { publicId: id, name } = channel;
      return { id, name, recap: await this.#recap(channel, period, share, question.isPresent) };
    }));
  }

  /** Keeps that the person has read a channel until then (now unless given), and answers it. The future: `invalid-request`. */
  async markRead(person: string, publicId: string, until = this.options.clock()): Promise<number> {
    const channel = await this.options.rights.channel(person, publicId);
    if (until > this.options.clock()) {
      throw invalid("until lies in the future", [{
        path: "until",
        message: "must not lie in the future",
      }]);
    }
    await this.options.conversations.visit(person, channel.id, until);
    return until;
  }

  async #period(person: string, channel: ConversationRow, { since, until }: RecapQuestion): Promise<Period> {
    const dayBefore = (until ?? this.options.clock()) - DAY_MS;
    const from = since === "last-visit"
      ? await this.options.conversations.visitedUntil(person, channel.id) ?? dayBefore
      : since ?? dayBefore;
    return { from, until };
  }

  async #recap(channel: ConversationRow, period: Period, words: number, isPresent: IsPresent | undefined) {
    const { spans, summarizer } = this.options;
    const asked = await spans.asked(channel, period);
    const recap = await spans.once<WrittenRecap>(
      asked,
      `recap ${words}`,
      (messages, isWanted) => summarizer.recap(channel.name, messages, words, isWanted),
      NOTHING_SAID,
      isPresent,
    );
    return { since: asked.span.from, until: asked.span.until - 1, ...recap };
  }
}
