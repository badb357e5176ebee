/** Everything about conversations, over one database. */
import { createConversationStore } from "../../db/conversations.ts";
import { createMessageStore } from "../../db/messages.ts";
import type { Database } from "../../db/open.ts";
import { createPeopleStore } from "../../db/people.ts";
import { createSummaryStore } from "../../db/summaries.ts";
import { Accounts } from "./accounts.ts";
import { Analyst } from "./analyst.ts";
import { DailySummaries } from "./daily.ts";
import { Inbox } from "./inbox.ts";
import { Statistics } from "./statistics.ts";
import { type ModelOptions, Summarizer } from "./summarizer.ts";
import { Tokens } from "./tokens.ts";

/** The Mattermost server that this works with. */
export interface MattermostSettings {
  readonly url: string | undefined;
  /** Access token of the job that brings in new posts. */
  readonly token: string | undefined;
  /** Tokens of outgoing webhooks. */
  readonly webhookTokens: readonly string[];
}

/** The Slack app that this works with. */
export interface SlackSettings {
  readonly signingSecret: string | undefined;
  readonly botToken: string | undefined;
  /** Address of the Web API, without a slash at the end. */
  readonly apiUrl: string;
}

/** What an operator sets. */
export interface ConversationSettings {
  /** Signs tokens; without one a secret is made and kept in the database. */
  readonly tokenSecret?: string | undefined;
  readonly tokenHours: number;
  readonly messageTtlMillis: number;
  /** Writes summaries, where there is one. */
  readonly model?: ModelOptions | undefined;
  readonly mattermost?: MattermostSettings;
  readonly slack?: SlackSettings;
  /** Writes one line of the log. */
  readonly log: (line: string) => void;
}

/** The services of conversations. */
export interface Conversations {
  readonly accounts: Accounts;
  readonly inbox: Inbox;
  readonly statistics: Statistics;
  readonly daily: DailySummaries;
  /** Frees the space of what is past its time. */
  sweep(signal?: AbortSignal): Promise<void>;
  /** Ends the analysis thread. */
  close(): void;
}

export function createConversations(
  database: Database,
  settings: ConversationSettings,
  clock: () => number,
): Conversations {
  const conversations = createConversationStore(database);
  const messages = createMessageStore(database);
  const people = createPeopleStore(database);
  const summaries = createSummaryStore(database);
  const analyst = new Analyst();
  const summarizer = new Summarizer(analyst, settings.model, settings.log);
  const ttlMillis = settings.messageTtlMillis;
  const tokens = new Tokens({ people, clock, secret: settings.tokenSecret, hours: settings.tokenHours });
  const inbox = new Inbox({ messages, clock, ttlMillis });
  return {
    accounts: new Accounts({ people, conversations, tokens, clock, authority: undefined }),
    inbox,
    statistics: new Statistics({ conversations, summaries, analyst, summarizer, clock, ttlMillis }),
    daily: new DailySummaries({ conversations, summaries, analyst, summarizer, clock }),
    async sweep(signal) {
      await inbox.sweep(signal);
      await people.sweep(clock());
    },
    close: () => analyst.close(),
  };
}
