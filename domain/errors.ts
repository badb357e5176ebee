import { EngineError, type EngineFailure } from "../db/engine/engine.ts";

/**
 * Every way in which Runnel refuses a request: a stable code, a short title, and what went wrong this time.
 * routes/errors.ts gives each code its HTTP status; /docs/errors shows them all, and a test holds docs/errors.md against
 * this.
 */
export const ERRORS = {
  "invalid-request": "The request is not valid",
  "unauthorized": "Authentication is needed",
  "forbidden": "The key does not allow this",
  "cross-site": "Requests from other web sites are refused",
  "misdirected": "The host is none of this server's",
  "not-found": "There is nothing at this address",
  "channel-not-found": "There is no such channel",
  "channel-exists": "The channel exists already",
  "channel-empty": "The channel is empty",
  "item-not-found": "There is no such item",
  "consumer-not-found": "There is no such consumer",
  "lease-lost": "The lease is no longer held",
  "webhook-not-found": "There is no such webhook",
  "profile-not-found": "There is no such profile",
  "link-not-found": "There is no such link",
  "person-full": "The person has no room for more accounts",
  "series-not-found": "There is no such series",
  "revision-not-found": "There is no such revision",
  "revision-gone": "The revision is no longer kept",
  "series-overlap": "The rows do not come after those of the series",
  "series-zone": "Stamps with and without a time zone do not mix",
  "reference-not-found": "There is no such reference",
  "job-not-found": "There is no such job",
  "key-not-found": "There is no such API key",
  "job-running": "The job is under way",
  "method-not-allowed": "The method is not allowed here",
  "not-acceptable": "The stored content type is not acceptable",
  "interrupted": "The request was cut off on its way",
  "request-timeout": "The request took too long to arrive",
  "idempotency-conflict": "The Idempotency-Key was used for something else",
  "precondition-failed": "A precondition of the request does not hold",
  "too-large": "The request is too large",
  "unsupported-media-type": "The content type is not supported here",
  "range-not-satisfiable": "The range lies outside the content",
  "upgrade-required": "This address speaks WebSocket only",
  "too-many-attempts": "Too many wrong passwords",
  "rate-limited": "Too many requests",
  "login-unavailable": "The system that checks passwords does not answer",
  "internal": "Something went wrong inside",
  "damaged": "What is stored is damaged",
  "overloaded": "More waits than can be held",
  "unavailable": "The database does not answer",
  "storage-full": "The storage is full",
  "not-ready": "The process cannot serve at the moment",
} as const;

/** The stable name of a kind of refusal. */
export type ErrorCode = keyof typeof ERRORS;

/** What whoever is refused can do about it. */
export const ADVICE: Record<ErrorCode, string> = {
  "invalid-request": "Mend what `detail` and `errors` name",
  "unauthorized": "Send an API key that exists and has not expired",
  "forbidden": "Use a key with the scope that `detail` names",
  "cross-site": "Add the web site's origin to `CORS_ORIGINS`",
  "misdirected": "Name the host in `ALLOWED_HOSTS`, or make an API key",
  "not-found": "Look the path up",
  "channel-not-found": "Create the channel, or mind its case",
  "channel-exists": "Use `PUT` or `PATCH` to change it",
  "channel-empty": "Wait for an item",
  "item-not-found": "It expired, was removed, or never was",
  "consumer-not-found": "Create the consumer with `PUT`",
  "lease-lost": "Pull again: the item goes to whoever asks next",
  "webhook-not-found": "Create the webhook with `PUT`",
  "profile-not-found": "Update it first, or it was forgotten",
  "link-not-found": "`GET /person/{app}/{account}` lists the ids that join accounts",
  "person-full": "Look for an id that strangers share, or raise `MAX_PERSON_ACCOUNTS`",
  "series-not-found": "Save it first, or mind its case",
  "series-zone": "Say what the stamps are: `?tz=UTC`, another zone, or `naive`",
  "revision-not-found": "`/revisions` lists them",
  "revision-gone": "`/revisions` lists those that are kept; `KEEP_REVISIONS` says how long",
  "series-overlap": "Send what comes after the last row, or leave `mode=append` away",
  "reference-not-found": "Save a series of it first",
  "job-not-found": "GET /jobs lists them",
  "key-not-found": "GET /keys lists them",
  "job-running": "Wait for its end",
  "method-not-allowed": "Use a method of the `Allow` header",
  "not-acceptable": "Accept the stored content type, which `detail` names",
  "interrupted": "Try again after `Retry-After` seconds",
  "request-timeout": "Send the body without long pauses",
  "idempotency-conflict": "Take a new key for new content",
  "precondition-failed": "Read the item again and use its ETag",
  "too-large": "Stay below the limit that `detail` names",
  "unsupported-media-type": "Send the content type that `detail` names",
  "range-not-satisfiable": "`Content-Range` has the length",
  "upgrade-required": "Connect with a WebSocket client",
  "too-many-attempts": "Wait `Retry-After` seconds",
  "rate-limited": "Wait `Retry-After` seconds, or raise `RATE_LIMIT`",
  "login-unavailable": "Try again after `Retry-After` seconds",
  "internal": "Report the `requestId`",
  "damaged": "`runnel doctor` names what is damaged; restore a backup, or write it again",
  "overloaded": "Try again after `Retry-After` seconds",
  "unavailable": "Try again after `Retry-After` seconds",
  "storage-full": "Free space on the disk of the database",
  "not-ready": "Mend what `errors` names; ask again with a key that may see it",
};

/** One thing wrong with a request: where (such as `ttlMillis` or `3.ts`) and what would be right. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What else is known of a refusal: its cause, and the seconds after which it may go better. */
export interface RefusalOptions extends ErrorOptions {
  readonly retryAfter?: number;
}

/** A refusal that its caller may read. Nothing was changed. */
export class RunnelError extends Error {
  override readonly name = "RunnelError";

  constructor(
    readonly code: ErrorCode,
    /** What was wrong this time, and what would be right. */
    readonly detail: string,
    /** Each wrong part, when there are several or they have a place. */
    readonly issues: readonly Issue[] = [],
    options: RefusalOptions = {},
  ) {
    super(detail, options);
    this.retryAfter = options.retryAfter;
  }

  /** Seconds after which it may go better. */
  readonly retryAfter: number | undefined;
}

/** A request that is not valid. `detail` names the place and what would be right. */
export function invalid(
  detail: string,
  issues: readonly Issue[] = [],
  options: RefusalOptions = {},
): RunnelError {
  return new RunnelError("invalid-request", detail, issues, options);
}

/** The same, of one part of it. */
export function invalidPart(path: string, message: string): RunnelError {
  return invalid(`${path}: ${message}`, [{ path, message }]);
}

/** What a request is refused with whose client has left: nobody sees it. */
export function clientLeft(): RunnelError {
  return invalid("the client left before its answer");
}

/** Quotes a text for a refusal, cut to 60 characters so that a hostile body cannot fill the answer. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Failures of the place where the database is: where in the program they were met says nothing. */
const OF_THE_PLACE: ReadonlySet<EngineFailure> = new Set(["busy", "unavailable", "full", "damaged"]);

/** An error, or whatever else was thrown, as the log shows it: without its stack when it is the database that is away. */
export function describeError(error: unknown): string {
  if (error instanceof EngineError && OF_THE_PLACE.has(error.failure)) return error.message;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
