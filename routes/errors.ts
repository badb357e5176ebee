/** Turns errors into answers: RFC 9457 problem documents. */
import { OverloadError } from "../db/queue.ts";
import { EngineError, type EngineFailure } from "../db/engine/engine.ts";
import { type ErrorCode, ERRORS, RunnelError } from "../domain/errors.ts";
import { USER_CONTENT } from "./respond.ts";

/** The HTTP status of each kind of refusal. */
export const STATUS: Record<ErrorCode, number> = {
  "invalid-request": 400,
  "unauthorized": 401,
  "forbidden": 403,
  "cross-site": 403,
  "misdirected": 421,
  "not-found": 404,
  "channel-not-found": 404,
  "channel-exists": 409,
  "channel-empty": 404,
  "item-not-found": 404,
  "consumer-not-found": 404,
  "lease-lost": 409,
  "webhook-not-found": 404,
  "profile-not-found": 404,
  "link-not-found": 404,
  "person-full": 409,
  "series-not-found": 404,
  "revision-not-found": 404,
  "revision-gone": 410,
  "series-overlap": 409,
  "series-zone": 409,
  "reference-not-found": 404,
  "job-not-found": 404,
  "key-not-found": 404,
  "job-running": 409,
  "method-not-allowed": 405,
  "not-acceptable": 406,
  "request-timeout": 408,
  "idempotency-conflict": 422,
  "precondition-failed": 412,
  "too-large": 413,
  "unsupported-media-type": 415,
  "range-not-satisfiable": 416,
  "upgrade-required": 426,
  "too-many-attempts": 429,
  "rate-limited": 429,
  "login-unavailable": 503,
  "internal": 500,
  "damaged": 500,
  "interrupted": 503,
  "overloaded": 503,
  "unavailable": 503,
  "storage-full": 507,
  "not-ready": 503,
};

const HEADERS: Partial<Record<ErrorCode, Record<string, string>>> = {
  "unauthorized": { "WWW-Authenticate": "Bearer" },
  "upgrade-required": { Upgrade: "websocket", Connection: "Upgrade" },
  "interrupted": { "Retry-After": "1" },
  "overloaded": { "Retry-After": "1" },
  "login-unavailable": { "Retry-After": "5" },
  "unavailable": { "Retry-After": "5" },
};

const OF_ENGINE: Record<EngineFailure, ErrorCode> = {
  busy: "unavailable",
  unavailable: "unavailable",
  full: "storage-full",
  "too-large": "too-large",
  damaged: "damaged",
  constraint: "internal",
  other: "internal",
};

/** The refusal that an error amounts to. What is inside an unexpected one is not told. */
export function toRunnelError(error: unknown): RunnelError {
  if (error instanceof RunnelError) return error;
  if (error instanceof OverloadError) {
    return new RunnelError("overloaded", "more requests wait than can be held: try again", [], {
      cause: error,
    });
  }
  const code = error instanceof EngineError ? OF_ENGINE[error.failure] : "internal";
  const details: Partial<Record<ErrorCode, string>> = {
    "unavailable": "the database does not answer at the moment: try again",
    "too-large": "the database server takes nothing as large as this",
    "damaged": "what is stored here is not what was written: restore a backup, or write it again",
    "storage-full": "the disk that holds the database is full",
  };
  return new RunnelError(
    code,
    details[code] ?? "an unexpected error; the log has it under the request id",
    [],
    {
      cause: error,
    },
  );
}

/** True when the fault is ours, so that the log must show its cause. */
export function isOurFault(code: ErrorCode): boolean {
  return STATUS[code] >= 500 && code !== "overloaded" && code !== "interrupted" && code !== "not-ready";
}

/** The headers that an answer to this refusal has beside its content type. */
export function refusalHeaders({ code, retryAfter }: RunnelError): Record<string, string> {
  return {
    ...USER_CONTENT,
    ...HEADERS[code],
    ...(retryAfter !== undefined && { "Retry-After": `${retryAfter}` }),
  };
}

/** The problem document of a refusal: its `type` is where this server explains it. `requestId` is given when the log has more about it. */
export function problem(error: RunnelError, requestId?: string, headers?: Record<string, string>): Response {
  const status = STATUS[error.code];
  const body = {
    type: `/docs/errors#${error.code}`,
    title: ERRORS[error.code],
    status,
    detail: error.detail,
    ...(error.issues.length > 0 && { errors: error.issues }),
    ...(requestId !== undefined && { requestId }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      ...refusalHeaders(error),
      ...headers,
    },
  });
}
