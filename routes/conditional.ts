/** Content negotiation, preconditions and ranges of RFC 9110, as far as items need them. */
import { parseAccept } from "hono/utils/accept";
import { RunnelError } from "../domain/errors.ts";

/** Whether an Accept header allows this media type. */
export function accepts(header: string | null, type: string): boolean {
  return qualityOf(header, type) > 0;
}

/** How much an Accept header wants this media type, 0 to 1 (RFC 9110 §12.5.1: the most specific range decides). */
export function qualityOf(header: string | null, type: string): number {
  if (header === null || header === "*/*" || header.trim() === "") return 1;
  const essence = type.split(";", 1)[0]!.trim().toLowerCase();
  const ranges = [essence, `${essence.split("/", 1)[0]}/*`, "*/*"];
  let best = ranges.length, quality = 0;
  for (const accepted of parseAccept(header)) {
    const specificity = ranges.indexOf(accepted.type.toLowerCase());
    if (specificity < 0 || specificity >= best) continue;
    best = specificity;
    quality = accepted.q;
  }
  return quality;
}

/** If-Match fails: `precondition-failed`. If-None-Match matches: the client has this already. */
export function checkPreconditions(headers: Headers, etag: string): "not-modified" | "proceed" {
  const ifMatch = headers.get("if-match");
  if (ifMatch !== null && !lists(ifMatch, etag, false)) {
    throw new RunnelError("precondition-failed", `the ETag is ${etag} now`);
  }
  const ifNoneMatch = headers.get("if-none-match");
  return ifNoneMatch !== null && lists(ifNoneMatch, etag, true) ? "not-modified" : "proceed";
}

/**
 * What a change of a thing with revisions must meet: If-Match names its revision, If-None-Match does not. Undefined: neither
 * is asked for. The function throws `precondition-failed`; revision 0 stands for a thing that is not there.
 */
export function preconditionOf(headers: Headers): ((revision: number) => void) | undefined {
  if (!headers.has("if-match") && !headers.has("if-none-match")) return undefined;
  return (revision) => {
    if (revision === 0) {
      if (!headers.has("if-match")) return;
      throw new RunnelError("precondition-failed", "If-Match names a revision, but there is nothing");
    }
    if (checkPreconditions(headers, etagOf(revision)) === "proceed") return;
    throw new RunnelError("precondition-failed", `If-None-Match names what is there: ${etagOf(revision)}`);
  };
}

/** The ETag of a thing with revisions. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

function lists(header: string, etag: string, weakly: boolean): boolean {
  if (header.trim() === "*") return true;
  return header.split(",").some((part) => {
    const tag = part.trim();
    return (weakly ? tag.replace(/^W\//, "") : tag) === etag;
  });
}

/** The bytes from `from` to `to`, both included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The single range that a GET asks for (RFC 9110 §14), or undefined to send everything: no range, several, another
 * unit, malformed, or If-Range names another version.
 */
export function byteRange(
  request: Request,
  etag: string,
  length: number,
): ByteRange | "unsatisfiable" | undefined {
  const header = request.headers.get("range");
  if (header === null || request.method !== "GET") return undefined;
  const ifRange = request.headers.get("if-range");
  if (ifRange !== null && ifRange !== etag) return undefined;
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const from = first === "" ? Math.max(0, length - Number(last)) : Number(first);
  const to = first === "" || last === "" ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return from > to ? "unsatisfiable" : { from, to };
}
