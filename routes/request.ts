/** Reading requests: bounded bodies, JSON against a schema, and the address that links are built from. */
import { setImmediate } from "node:timers/promises";
import type { z } from "zod";
import { invalid, type Issue, RunnelError } from "../domain/errors.ts";
import { DOTS_REFUSED } from "../domain/names.ts";
import type { Bodies, Patience, Sender } from "./serving/admission.ts";

/** A body that declares at most this many bytes is read at once; a larger or undeclared one piece by piece. */
const READ_AT_ONCE = 64 * 1024;
/** Bytes after which others have a turn: what has arrived already is read without one. */
const BYTES_PER_TURN = 128 * 1024;
/** Bytes as which a piece counts that has fewer: a body may come in pieces of one byte, or of none (HTTP/2). */
const PIECE_COST = 1024;
/** Bytes of a body that must come in each time allowed, 30 s: a client that sends fewer only pretends to send. */
const PROGRESS_BYTES = 16 * 1024;
/** Largest JSON request, where a route names no other limit. */
export const MAX_JSON_BYTES = 1 << 20;

/** Issues that the detail of a refusal repeats; its `errors` have all. */
const TOLD_ISSUES = 10;

/**
 * The body's bytes. More than `limit`: `too-large`. More than may be under way: `overloaded`. A client that stops
 * sending: `request-timeout`. A client that hangs up: `invalid-request`. A server that stops: `interrupted`.
 */
export function readBody(sender: Sender, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const { request, bodies } = sender;
  const most = Math.min(limit, bodies.largest);
  const declared = Number(request.headers.get("content-length") ?? NaN);
  if (declared > most) return Promise.reject(tooLarge(most));
  // Touching `request.body` would make a stream of it, which costs more than the rest of a small insert.
  return declared <= READ_AT_ONCE ? readAtOnce(sender, declared) : readPieces(sender, declared, most);
}

/** One promise, not a chain of them: this is a part of what a small insert costs that shows. */
function readAtOnce({ request, bodies }: Sender, declared: number): Promise<Uint8Array<ArrayBuffer>> {
  const { budget, patience } = bodies;
  return new Promise((resolve, reject) => {
    budget.take(declared);
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      idle.stop();
      budget.give(declared);
    };
    const refuse = (error: unknown) => {
      end();
      reject(toRefusal(error, bodies));
    };
    const idle = patience.wait(() => refuse(tooSlow(patience)));
    request.bytes().then((bytes) => {
      end();
      resolve(bytes);
    }, refuse);
  });
}

function tooSlow({ millis }: Patience): RunnelError {
  return new RunnelError("request-timeout", `too little of the body came in ${millis / 1000} seconds`);
}

/** A server that stops cuts bodies off just as clients do (https://github.com/denoland/deno/issues/36809). */
function toRefusal(error: unknown, { closing }: Bodies): RunnelError {
  if (error instanceof RunnelError) return error;
  if (closing.aborted) {
    return new RunnelError("interrupted", "the server is stopping, nothing was stored: try again");
  }
  return invalid("the request's body did not arrive whole", [], { cause: error });
}

/** Pieces go where they belong as they come: joining them at the end would hold everybody up. */
async function readPieces(sender: Sender, declared: number, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const { budget } = sender.bodies;
  let held = 0;
  const hold = (size: number) => {
    budget.take(size - held);
    held = size;
    return new Uint8Array(size);
  };
  try {
    let bytes = hold(declared > 0 ? declared : Math.min(READ_AT_ONCE, limit)), length = 0;
    for await (const piece of bodyPieces(sender)) {
      if (length + piece.byteLength > limit) throw tooLarge(limit);
      if (length + piece.byteLength > bytes.length) {
        const larger = hold(Math.max(length + piece.byteLength, bytes.length * 2));
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(piece, length);
      length += piece.byteLength;
    }
    return length === bytes.length ? bytes : bytes.slice(0, length);
  } finally {
    budget.give(held);
  }
}

/** A body as it comes, refused as by `readBody`; whoever stops early cancels it. */
export async function* bodyPieces({ request: { body }, bodies }: Sender): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  // Whoever stopped listening has another answer already.
  late.promise.catch(() => {});
  const idle = bodies.patience.wait(() => late.reject(tooSlow(bodies.patience)));
  let sinceTurn = 0, sinceTouch = 0;
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), late.promise]).catch((error) => {
        throw toRefusal(error, bodies);
      });
      if (done) return;
      yield value;
      sinceTurn += Math.max(value.byteLength, PIECE_COST);
      sinceTouch += value.byteLength;
      if (sinceTouch >= PROGRESS_BYTES) {
        sinceTouch = 0;
        idle.touch();
      }
      if (sinceTurn < BYTES_PER_TURN) continue;
      sinceTurn = 0;
      await setImmediate();
    }
  } finally {
    idle.stop();
    // After the end this does nothing.
    reader.cancel().catch(() => {});
  }
}

/** The refusal of a body with more than `limit` bytes. */
export function tooLarge(limit: number): RunnelError {
  return new RunnelError("too-large", `the body may have at most ${limit} bytes`);
}

/** Whether a body was sent, asked of the headers, because touching `request.body` makes a stream of it. HTTP/2 need not declare a length. */
export function hasBody({ headers }: Request): boolean {
  const length = headers.get("content-length");
  if (length !== null) return length !== "0";
  return headers.has("transfer-encoding") || headers.has("content-type");
}

/** The request's JSON, checked. Not JSON or wrong: `invalid-request`. Declared as something else: `unsupported-media-type`. */
export async function readJson<S extends z.ZodType>(
  sender: Sender,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  return check(await readJsonValue(sender, limit), schema);
}

/** The request's JSON, unchecked. Not JSON: `invalid-request`. Declared as something else: `unsupported-media-type`. */
export async function readJsonValue(sender: Sender, limit: number): Promise<unknown> {
  const type = sender.request.headers.get("content-type");
  if (type !== null && !/^application\/([^;\s]+\+)?json\s*(;|$)/i.test(type)) {
    throw new RunnelError("unsupported-media-type", `the body must be application/json, not ${type}`);
  }
  return parseJson(await readBody(sender, limit));
}

/** As `readJson`, and JSON that is declared as text, which a browser's `sendBeacon` does. */
export async function readJsonOfBeacon<S extends z.ZodType>(
  sender: Sender,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  const isText = /^text\/plain\s*(;|$)/i.test(sender.request.headers.get("content-type") ?? "");
  return await (isText ? readJsonOfAnyType : readJson)(sender, schema, limit);
}

/** As `readJson`, whatever the body is declared as. */
export async function readJsonOfAnyType<S extends z.ZodType>(
  sender: Sender,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  return check(parseJson(await readBody(sender, limit)), schema);
}

/** As `readJsonOfAnyType`; undefined: there is no body. */
export async function readOptionalJson<S extends z.ZodType>(
  sender: Sender,
  schema: S,
): Promise<z.output<S> | undefined> {
  const bytes = await readBody(sender, MAX_JSON_BYTES);
  return bytes.length === 0 ? undefined : check(parseJson(bytes), schema);
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF_8.decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw invalid(`the body is not valid JSON: ${why}`);
  }
}

/** The value as the schema reads it; otherwise `invalid-request` with each wrong part. */
export function check<S extends z.ZodType>(value: unknown, schema: S): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue): Issue => ({
    path: issue.path.map(String).join("."),
    message: issue.message,
  }));
  const told = issues.slice(0, TOLD_ISSUES).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`
  );
  const others = issues.length - told.length;
  const detail = told.join("; ") + (others > 0 ? `; and ${others} more` : "");
  throw invalid(detail, issues);
}

/** The parts of an address's path as they were sent: not decoded, and without those that are empty. */
export function pathParts(url: string): string[] {
  const [, path = ""] = /^[^:]*:\/\/[^/?#]*([^?#]*)/.exec(url) ?? [];
  return path.split("/").filter((part) => part !== "");
}

const DOTS_IN_PATH = /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

/** Refuses a path with a part that is `.` or `..`: readers of addresses do not agree on what it means. */
export function refuseDots(url: string): void {
  // Nearly no address has either, and a search for text costs less than the expression.
  if (!url.includes("/.") && !url.includes("/%2")) return;
  if (DOTS_IN_PATH.test(url)) throw invalid(`the path has . or .. in it: ${DOTS_REFUSED}`);
}

/** The path of a base URL: what links begin with behind a proxy that serves a sub-path. No slash at the end. */
export function rootOf(base: string): string {
  return new URL(base).pathname.replace(/\/$/, "");
}

/** Scheme, host and port, without what would need escaping in a link. */
const AUTHORITY = /^https?:\/\/[\w.~:[\]-]+$/;

/** What links are built from: `PUBLIC_URL`, else what the request itself was sent to. No slash at the end. */
export type BaseUrl = (request: Request) => string;

/** `trustProxy`: what X-Forwarded-Proto and X-Forwarded-Host say goes before the request's own. */
export function createBaseUrl(publicUrl: string | undefined, trustProxy: boolean): BaseUrl {
  if (publicUrl !== undefined) return () => publicUrl;
  let lastChecked = "";
  return (request) => {
    const { url, headers } = request;
    const own = url.slice(0, url.indexOf("/", url.indexOf("//") + 2));
    if (own !== lastChecked) {
      if (!AUTHORITY.test(own)) throw invalid("the Host header is not valid");
      lastChecked = own;
    }
    if (!trustProxy) return own;
    const scheme = firstOf(headers.get("x-forwarded-proto")) ?? own.slice(0, own.indexOf(":"));
    const host = firstOf(headers.get("x-forwarded-host")) ?? own.slice(own.indexOf("//") + 2);
    return AUTHORITY.test(`${scheme}://${host}`) ? `${scheme}://${host}` : own;
  };
}

function firstOf(list: string | null): string | undefined {
  return list?.split(",")[0]?.trim() || undefined;
}
