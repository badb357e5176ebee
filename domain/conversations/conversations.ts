/** Everything about conversations, over one database. */
import { createAttemptStore } from "../../db/conversations/attempts.ts";
import { createConversationStore } from "../../db/conversations/conversations.ts";
import { createMessageStore } from "../../db/conversations/messages.ts";
import type { Database } from "../../db/open.ts";
import { createPeopleStore } from "../../db/conversations/people.ts";
import { createSummaryStore } from "../../db/conversations/summaries.ts";
import type { AreaOptions } from "../areas.ts";
import { Accounts } from "./people/accounts.ts";
import { Analyst } from "./analyst.ts";
import { DailySummaries } from "./daily.ts";
import { Inbox } from "./inbox.ts";
import { Mattermost } from "./mattermost/server.ts";
import { MattermostWebhook } from "./mattermost/webhook.ts";
import { importMattermostExport } from "./mattermost/export.ts";
import { SlackInbox } from "./slack/inbox.ts";
import { type ExportFiles, type ImportProgress, importSlackExport } from "./slack/export.ts";
import { SlackHistory } from "./slack/history.ts";
import { createSlackClient, SlackNames } from "./slack/names.ts";
import { ReadingRights } from "./people/access.ts";
import { Recaps } from "./recaps.ts";
import { Spans } from "./spans.ts";
import { Statistics } from "./statistics.ts";
import { type ModelOptions, Summarizer } from "./summarizer.ts";
import { Tokens } from "./people/tokens.ts";
import { days, type TimeToLive } from "../expiry.ts";
import { DAY_MS, HOUR_MS } from "../time.ts";

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
  readonly messageTtlDays: number;
  /** Writes summaries, where there is one. */
  readonly model?: ModelOptions | undefined;
  readonly mattermost?: MattermostSettings;
  readonly slack?: SlackSettings;
  /** How many days of what was read already each sync reads again; 3 unless given. */
  readonly syncWindowDays?: number;
}

/** The services of conversations. */
export interface Conversations {
  readonly accounts: Accounts;
  readonly inbox: Inbox;
  readonly statistics: Statistics;
  readonly recaps: Recaps;
  readonly daily: DailySummaries;
  readonly webhook: MattermostWebhook;
  readonly slack: { readonly inbox: SlackInbox; readonly signingSecret: string | undefined };
  /** Brings in what is new in Mattermost and Slack; what fails is logged and waits for the next time. */
  sync(signal?: AbortSignal): Promise<void>;
  /** Imports Slack's export; see `importSlackExport`. */
  importSlack(files: ExportFiles): AsyncGenerator<ImportProgress>;
  /** Imports the lines of Mattermost's bulk export; see `importMattermostExport`. */
  importMattermost(lines: AsyncIterable<string>, totalBytes: number): AsyncGenerator<ImportProgress>;
  /** Whether there is a Mattermost or a Slack to bring messages in from. */
  readonly hasSources: boolean;
  /** Frees the space of what is past its time; answers how many messages that was. */
  sweep(signal?: AbortSignal): Promise<number>;
  /** Ends the analysis thread. */
  close(): void;
}

export function createConversations(
  database: Database,
  { clock, log, ...settings }: ConversationSettings & AreaOptions,
): Conversations {
  const conversations = createConversationStore(database);
  const messages = createMessageStore(database);
  const people = createPeopleStore(database);
  const summaries = createSummaryStore(database);
  const analyst = new Analyst(conversations.damaged);
  const summarizer = new Summarizer(analyst, settings.model, log);
  const ttlMillis = days(settings.messageTtlDays);
  const rights = new ReadingRights(conversations);
  const spans = new Spans({ conversations, rights, clock, ttlMillis });
  const tokens = new Tokens({ people, clock, secret: settings.tokenSecret, hours: settings.tokenHours });
  const inbox = new Inbox({ messages, conversations, clock, ttlMillis });
  const windowMillis = (settings.syncWindowDays ?? 3) * DAY_MS;
  const shared = { messages, conversations, people, clock, ttlMillis, windowMillis, log };
  const mattermost = connectMattermost(settings, shared);
  const attempts = createAttemptStore(database);
  const accounts = new Accounts({ people, attempts, conversations, tokens, clock, authority: mattermost });
  const slack = connectSlack(settings, shared);
  return {
    accounts,
    inbox,
    webhook: new MattermostWebhook({
      messages,
      clock,
      url: settings.mattermost?.url,
      tokens: settings.mattermost?.webhookTokens ?? [],
    }),
    slack: { inbox: slack.inbox, signingSecret: settings.slack?.signingSecret },
    hasSources: mattermost?.canSync === true || slack.history !== undefined,
    async sync(signal) {
      const sources = { Mattermost: mattermost, Slack: slack.history };
      await Promise.all(
        Object.entries(sources).map(([name, source]) =>
          source?.sync(signal).catch((error) => log(`${name} could not be read: ${error.message}`))
        ),
      );
    },
    statistics: new Statistics({ conversations, summaries, analyst, summarizer, clock, rights, spans }),
    recaps: new Recaps({ conversations, summarizer, clock, rights, spans }),
    daily: new DailySummaries({ conversations, summaries, analyst, summarizer, clock }),
    importSlack: (files) =>
      importSlackExport(files, { conversations, inbox: slack.inbox, names: slack.names }),
    importMattermost: (lines, totalBytes) =>
      importMattermostExport(lines, totalBytes, { messages, conversations }),
    async sweep(signal) {
      const swept = await inbox.sweep(signal);
      await people.sweep(clock(), settings.tokenHours * HOUR_MS);
      await accounts.sweep();
      return swept;
    },
    close: () => analyst.close(),
  };
}

interface Shared {
  readonly messages: ReturnType<typeof createMessageStore>;
  readonly conversations: ReturnType<typeof createConversationStore>;
  readonly people: ReturnType<typeof createPeopleStore>;
  readonly clock: () => number;
  readonly ttlMillis: TimeToLive;
  readonly windowMillis: number;
  readonly log: (line: string) => void;
}

function connectMattermost(
  { mattermost }: ConversationSettings,
  shared: Shared,
): Mattermost | undefined {
  if (mattermost?.url === undefined) return undefined;
  return new Mattermost({ ...shared, url: mattermost.url, token: mattermost.token });
}

function connectSlack({ slack }: ConversationSettings, shared: Shared) {
  const client = slack?.botToken === undefined ? undefined : createSlackClient(slack.apiUrl, slack.botToken);
  const names = new SlackNames(client);
  const inbox = new SlackInbox({ ...shared, names });
  return { inbox, names, history: client && new SlackHistory({ ...shared, client, inbox, names }) };
}
