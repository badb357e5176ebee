/** The environment variables: how each is checked, its default, and what it is for. */
import { z } from "zod";

const flag = z.enum(["true", "false"], "true or false").transform((text) => text === "true");
const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, `a whole number from ${min} to ${max}`).transform(Number).pipe(
    z.number().min(min, `a whole number from ${min} to ${max}`).max(
      max,
      `a whole number from ${min} to ${max}`,
    ),
  );
const url = (schemes: RegExp, wanted: string) =>
  z.string().refine((text) => schemes.test(text) && (text.startsWith("file:") || URL.canParse(text)), wanted);

const databaseUrl = url(
  /^(file:.|https?:\/\/|libsql:\/\/)/,
  "file:PATH, or an http://, https:// or libsql:// address",
);
const webAddress = url(/^https?:\/\//, "an http:// or https:// address").transform((text) =>
  text.replace(/\/+$/, "")
);
const commaList = z.string().transform((text) => text.split(",").map((part) => part.trim()).filter(Boolean));

const UNIT_MILLIS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const duration = z.string().regex(/^[1-9]\d{0,3}[mhd]$/, "a length of time such as 30m, 6h or 1d")
  .transform((text) => parseInt(text) * UNIT_MILLIS[text.at(-1) as keyof typeof UNIT_MILLIS]);

const MIB = 1 << 20;

/** Each variable with its check, its default and what it is for. README's table is held against this by a test. */
export const VARIABLES = {
  PORT: { schema: wholeNumber(0, 65535), initial: "8080", about: "Port to listen on; 0 takes a free one" },
  HOST: {
    schema: z.string().min(1, "an address or a host name"),
    initial: "127.0.0.1",
    about: "Address to listen on; another than the local one needs an API key, or `ALLOW_ANONYMOUS`",
  },
  DATABASE_URL: {
    schema: databaseUrl,
    initial: "file:./data/runnel.db",
    about: "Where the data is: a file, a libSQL server, or Turso",
  },
  RUNNEL_DATABASE_URL: {
    schema: databaseUrl,
    initial: undefined,
    about: "As `DATABASE_URL`, which it replaces where a host sets that for another database",
  },
  DATABASE_AUTH_TOKEN: {
    schema: z.string(),
    initial: undefined,
    about: "Token for the libSQL server or the primary",
  },
  DATABASE_SYNC_URL: {
    schema: url(/^(https?|libsql):\/\//, "an http://, https:// or libsql:// address"),
    initial: undefined,
    about: "Primary of an embedded replica: `DATABASE_URL` is then its local copy",
  },
  PUBLIC_URL: {
    schema: webAddress,
    initial: undefined,
    about: "Address that links are built from; else the request's own Host",
  },
  TRUST_PROXY: {
    schema: flag,
    initial: "false",
    about: "Believe X-Forwarded-Proto and -Host in links, and -For when counting wrong passwords",
  },
  CORS_ORIGINS: {
    schema: commaList,
    initial: "",
    about: "Web origins that may call the API from a browser, separated by commas; `*` for all",
  },
  ALLOWED_HOSTS: {
    schema: commaList,
    initial: "",
    about:
      "Hosts answered while there is no API key, beside this machine's and `PUBLIC_URL`'s; separated by commas",
  },
  LOG: {
    schema: z.enum(["requests", "errors", "off"], "requests, errors or off"),
    initial: "errors",
    about: "`errors`: answers that are our fault; `requests`: a line for each request, too; `off`: neither",
  },
  LOG_FORMAT: {
    schema: z.enum(["text", "json"], "text or json"),
    initial: "text",
    about: "`json`: each line of the log is a JSON object",
  },
  ALLOW_ANONYMOUS: {
    schema: flag,
    initial: "false",
    about: "Let everybody in while there is no API key, on every address",
  },
  MAX_ITEM_BYTES: {
    schema: wholeNumber(1, 100 * MIB),
    initial: String(10 * MIB),
    about: "Largest body of an item, in bytes",
  },
  DISK_RESERVE_BYTES: {
    schema: wholeNumber(0, 2 ** 50),
    initial: String(256 * MIB),
    about: "Bytes that must be free on the disk of the database file for `/ready` to say yes",
  },
  BACKUP_DIR: {
    schema: z.string(),
    initial: undefined,
    about: "Directory that a job writes backups of the database file to",
  },
  BACKUP_EVERY: {
    schema: duration,
    initial: "1d",
    about: "Time from one backup to the next: `30m`, `6h`, `1d`",
  },
  BACKUP_KEEP: { schema: wholeNumber(1, 10_000), initial: "7", about: "Backups that are kept, the newest" },
  WEBHOOK_PRIVATE: {
    schema: flag,
    initial: "false",
    about: "Let webhooks call addresses of private networks and of this machine",
  },
  EVENT_TTL_DAYS: {
    schema: wholeNumber(1, 36_500),
    initial: "365",
    about: "Days after which an event of an account has expired",
  },
  EVENT_DEDUP_HOURS: {
    schema: wholeNumber(1, 8760),
    initial: "48",
    about: "Hours within which events of one account with the same `id` count once",
  },
  MAX_PERSON_ACCOUNTS: {
    schema: wholeNumber(1, 10_000),
    initial: "1000",
    about: "Accounts that may be one person; an update that would join more is answered 409",
  },
  MAX_FRAME_BYTES: {
    schema: wholeNumber(1, 500 * MIB),
    initial: String(256 * MIB),
    about: "Largest body of a data frame, in bytes; reading one takes some five times as much memory",
  },
  MAX_BODY_BYTES_IN_FLIGHT: {
    schema: wholeNumber(MIB, 2 ** 40),
    initial: String(256 * MIB),
    about: "Bytes of all bodies that are being read at once; past it a request is answered 503",
  },
  MAX_ITEM_BYTES_IN_FLIGHT: {
    schema: wholeNumber(MIB, 2 ** 40),
    initial: String(128 * MIB),
    about: "Bytes of all large answers that clients are still taking; past it another one is answered 503",
  },
  RATE_LIMIT: {
    schema: wholeNumber(0, 10 ** 9),
    initial: "0",
    about: "Requests a minute for each API key, past which it is answered 429; 0: no limit",
  },
  RATE_LIMIT_ANONYMOUS: {
    schema: wholeNumber(0, 10 ** 9),
    initial: "0",
    about: "Requests a minute for each address without a key, but this machine's; 0: no limit",
  },
  KEEP_REVISIONS: {
    schema: duration,
    initial: "24h",
    about: "How long what a series was can be read and restored, such as `24h` or `7d`",
  },
  CACHE_BYTES: {
    schema: wholeNumber(0, 2 ** 40),
    initial: String(64 * MIB),
    about: "Memory for items that were read lately, in bytes",
  },
  SESSION_TTL_DAYS: {
    schema: wholeNumber(1, 36_500),
    initial: "365",
    about: "Days for which user sessions are kept, from when they were received",
  },
  MAX_WAITING_WRITES: {
    schema: wholeNumber(1, 10_000_000),
    initial: "20000",
    about: "Writes that may wait for a commit; past it a write is answered 503",
  },
  RUNNEL_API_KEY: {
    schema: z.string(),
    initial: undefined,
    about: "API key for the commands that talk to a running Runnel",
  },
  TOKEN_SECRET: {
    schema: z.string().min(32, "at least 32 characters"),
    initial: undefined,
    about: "Signs the tokens of people who log in; else a secret that is made and kept in the database",
  },
  TOKEN_HOURS: { schema: wholeNumber(1, 8760), initial: "12", about: "How long such a token is valid" },
  MESSAGE_TTL_DAYS: {
    schema: wholeNumber(1, 36500),
    initial: "365",
    about: "How long chat messages are kept",
  },
  SYNC_WINDOW: {
    schema: wholeNumber(0, 90),
    initial: "3",
    about: "Days of Slack's and Mattermost's history that are read again, for what was edited or deleted",
  },
  SUMMARIZER_URL: {
    schema: webAddress,
    initial: undefined,
    about: "OpenAI-compatible endpoint that writes summaries, such as `http://127.0.0.1:11434/v1`",
  },
  SUMMARIZER_MODEL: { schema: z.string(), initial: undefined, about: "Model that it is asked for" },
  SUMMARIZER_KEY: { schema: z.string(), initial: undefined, about: "Key that it wants" },
  MATTERMOST_URL: {
    schema: webAddress,
    initial: undefined,
    about: "Mattermost server that checks passwords and whose channels are brought in",
  },
  MATTERMOST_TOKEN: {
    schema: z.string(),
    initial: undefined,
    about: "Mattermost access token with which a job brings in new posts every minute",
  },
  MATTERMOST_WEBHOOK_TOKENS: {
    schema: commaList,
    initial: "",
    about: "Tokens of Mattermost's outgoing webhooks, separated by commas",
  },
  SLACK_SIGNING_SECRET: {
    schema: z.string(),
    initial: undefined,
    about: "Signing secret of the Slack app whose events come in",
  },
  SLACK_BOT_TOKEN: {
    schema: z.string(),
    initial: undefined,
    about: "Bot token with which Slack's history and user names are read",
  },
  SLACK_API_URL: {
    schema: webAddress,
    initial: "https://slack.com/api",
    about: "Slack's Web API; another for GovSlack",
  },
} as const;

type Variables = typeof VARIABLES;
type Optional = {
  [K in keyof Variables]: Variables[K]["initial"] extends undefined ? K : never;
}[keyof Variables];

/** The checked values, by the names of the variables. */
export type Config =
  & { readonly [K in Exclude<keyof Variables, Optional>]: z.output<Variables[K]["schema"]> }
  & { readonly [K in Optional]?: z.output<Variables[K]["schema"]> };
