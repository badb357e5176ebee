/** Cross-origin reading, for the pages of configured origins (https://fetch.spec.whatwg.org/#http-cors-protocol). */
import { Hono } from "hono";
import { cors } from "hono/cors";

const ALLOWED = [
  "Authorization",
  "Content-Type",
  "Content-Encoding",
  "Content-Language",
  "Idempotency-Key",
  "If-Latest",
  "If-Match",
  "If-None-Match",
  "Item-Key",
  "Last-Event-ID",
  "Range",
  "X-Request-Id",
];
const EXPOSED = [
  "Location",
  "Link",
  "ETag",
  "Creation-Date",
  "Content-Range",
  "Idempotent-Replay",
  "Item-Key",
  "Last-Item",
  "Retry-After",
  "X-Request-Id",
  "RateLimit",
  "RateLimit-Policy",
  "Runnel-Note",
].join(",");

type Fetch<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Response | Promise<Response>;

/**
 * The same application, which says in its answers which origins may read them. Hono's middleware answers preflights; in
 * other answers it would make one header of two of a name, and each item has two Links.
 */
export function sharing<Rest extends unknown[]>(
  fetch: Fetch<Rest>,
  origins: readonly string[],
): Fetch<Rest> {
  if (origins.length === 0) return fetch;
  const isOpen = origins.includes("*");
  const preflights = new Hono().use(
    cors({ origin: isOpen ? "*" : [...origins], allowHeaders: ALLOWED, maxAge: 600 }),
  );
  return async (request, ...rest) => {
    if (request.method === "OPTIONS") return preflights.fetch(request);
    const answer = await fetch(request, ...rest);
    const origin = request.headers.get("origin");
    if (answer.status === 101) return answer;
    if (!isOpen) answer.headers.append("Vary", "Origin");
    if (isOpen || (origin !== null && origins.includes(origin))) {
      answer.headers.set("Access-Control-Allow-Origin", isOpen ? "*" : origin!);
      answer.headers.set("Access-Control-Expose-Headers", EXPOSED);
    }
    return answer;
  };
}
