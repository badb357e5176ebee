/** The envelope of /api/auth and /api/stats: {status, data, message}, and `errors` when the status is 400 or more. */
import { ERRORS, type RunnelError } from "../domain/errors.ts";
import { problem, refusalHeaders, STATUS } from "./errors.ts";
import { json } from "./respond.ts";

/** How the area that a path belongs to says no. */
export function refusalAt(path: string): typeof problem {
  return speaksEnvelope(path) ? envelopeRefusal : problem;
}

/** Whether what is under this path answers in the envelope. */
export function speaksEnvelope(path: string): boolean {
  return /^\/api\/(auth|stats)(\/|$)/.test(path);
}

/** A success with its data. */
export function envelope(data: unknown, message = "OK"): Response {
  return json({ status: 200, data, message }, 200, { "Cache-Control": "no-store" });
}

/** A refusal; the counterpart of `problem`. */
export function envelopeRefusal(
  error: RunnelError,
  requestId?: string,
  headers?: Record<string, string>,
): Response {
  const status = STATUS[error.code];
  const message = requestId === undefined
    ? error.detail || ERRORS[error.code]
    : `${error.detail} (request ${requestId})`;
  const body = { status, data: {}, message, errors: error.issues };
  return json(body, status, { ...refusalHeaders(error), ...headers });
}
