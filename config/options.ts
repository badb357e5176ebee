/** The options of the application and of the database, as the configuration sets them. */
import { ConfigError } from "./read.ts";
import type { Config } from "./variables.ts";

/** How long a model may take for a summary. */
const SUMMARIZER_TIMEOUT_MS = 30_000;

/** What Runnel is opened with, as the variables say. */
export function openOptions<Log>(config: Config, log: Log) {
  return {
    database: {
      url: config.DATABASE_URL,
      authToken: config.DATABASE_AUTH_TOKEN,
      syncUrl: config.DATABASE_SYNC_URL,
      maxWaitingWrites: config.MAX_WAITING_WRITES,
    },
    cacheBytes: config.CACHE_BYTES,
    diskReserveBytes: config.DISK_RESERVE_BYTES,
    backups: config.BACKUP_DIR === undefined ? undefined : {
      folder: config.BACKUP_DIR,
      everyMillis: config.BACKUP_EVERY,
      keep: config.BACKUP_KEEP,
    },
    webhookPrivate: config.WEBHOOK_PRIVATE,
    eventTtlDays: config.EVENT_TTL_DAYS,
    eventDedupHours: config.EVENT_DEDUP_HOURS,
    maxPersonAccounts: config.MAX_PERSON_ACCOUNTS,
    sessionTtlDays: config.SESSION_TTL_DAYS,
    keepRevisionsMillis: config.KEEP_REVISIONS,
    conversations: conversationOptions(config),
    log,
  };
}

/** What the HTTP side is made with, as the variables say. */
export function appSettings<Log>(config: Config, log: Log) {
  return {
    publicUrl: config.PUBLIC_URL,
    trustProxy: config.TRUST_PROXY,
    corsOrigins: config.CORS_ORIGINS,
    allowedHosts: config.ALLOWED_HOSTS,
    allowAnonymous: config.ALLOW_ANONYMOUS,
    maxItemBytes: config.MAX_ITEM_BYTES,
    maxFrameBytes: config.MAX_FRAME_BYTES,
    maxBodyBytes: config.MAX_BODY_BYTES_IN_FLIGHT,
    rateLimits: { perKey: config.RATE_LIMIT, perAddress: config.RATE_LIMIT_ANONYMOUS },
    maxAnswerBytes: config.MAX_ITEM_BYTES_IN_FLIGHT,
    log,
    logRequests: config.LOG === "requests",
    logErrors: config.LOG !== "off",
  };
}

function conversationOptions(config: Config) {
  const { SUMMARIZER_URL, SUMMARIZER_MODEL, SUMMARIZER_KEY } = config;
  if ((SUMMARIZER_URL === undefined) !== (SUMMARIZER_MODEL === undefined)) {
    throw new ConfigError("SUMMARIZER_URL and SUMMARIZER_MODEL go together: set both, or none");
  }
  return {
    tokenSecret: config.TOKEN_SECRET,
    tokenHours: config.TOKEN_HOURS,
    messageTtlDays: config.MESSAGE_TTL_DAYS,
    syncWindowDays: config.SYNC_WINDOW,
    model: SUMMARIZER_URL === undefined || SUMMARIZER_MODEL === undefined ? undefined : {
      url: SUMMARIZER_URL,
      model: SUMMARIZER_MODEL,
      key: SUMMARIZER_KEY,
      timeoutMillis: SUMMARIZER_TIMEOUT_MS,
    },
    mattermost: {
      url: config.MATTERMOST_URL,
      token: config.MATTERMOST_TOKEN,
      webhookTokens: config.MATTERMOST_WEBHOOK_TOKENS,
    },
    slack: {
      signingSecret: config.SLACK_SIGNING_SECRET,
      botToken: config.SLACK_BOT_TOKEN,
      apiUrl: config.SLACK_API_URL,
    },
  };
}
