/** Small makers of answers that every route uses. */
import { sized } from "./serving/answers.ts";

/** On every answer: a browser must not guess another content type. Pages have more, see `html`. */
export const NO_SNIFF = { "X-Content-Type-Options": "nosniff" } as const;

/** On every answer that may hold what users stored: a browser must not run it with the rights of Runnel's own pages. */
export const USER_CONTENT = {
  ...NO_SNIFF,
  "Content-Security-Policy": "sandbox; default-src 'none'",
} as const;

/**
 * On what users stored, answered as they stored it: pages of other sites may not embed it, and a page among it does not
 * tell its address, which may hold a key, to where it leads.
 */
export const STORED_CONTENT = {
  ...USER_CONTENT,
  "Cross-Origin-Resource-Policy": "same-site",
  "Referrer-Policy": "no-referrer",
} as const;

/** A JSON answer, `application/json` without a charset, as the published descriptions show it. */
export function json(value: unknown, status = 200, headers?: Record<string, string>): Response {
  const content = JSON.stringify(value);
  const answer = new Response(content, {
    status,
    headers: { "Content-Type": "application/json", ...USER_CONTENT, ...headers },
  });
  return sized(answer, content.length);
}

/** A plain text answer, `text/plain` without a charset. */
export function text(value: string, status = 200): Response {
  const answer = new Response(value, { status, headers: { "Content-Type": "text/plain", ...USER_CONTENT } });
  return sized(answer, value.length);
}

/** 204. */
export function noContent(): Response {
  return new Response(null, { status: 204, headers: NO_SNIFF });
}

/** 303 with a Location. */
export function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location, ...NO_SNIFF } });
}

/** A page of Runnel's own. It loads nothing from elsewhere and runs no script but its own files'. */
export function html(page: string, status = 200): Response {
  return new Response(page, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy":
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      "Cache-Control": "no-store",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "same-origin",
      ...NO_SNIFF,
    },
  });
}

/** 200 with nothing in it, as the published description of profiles and events prints it. */
export function emptyPage(): Response {
  return new Response(null, {
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Length": "0", ...NO_SNIFF },
  });
}
