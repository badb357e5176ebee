/** Reading requests: bounded bodies, JSON against a schema, and the address that links are built from. */
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { z } from "zod";
import { invalid, type Issue, RunnelError } from "../domain/errors.ts";
import { DOTS_REFUSED } from "../domain/names.ts";

/** A body that declares at most this many bytes is read at once; a larger or undeclared one piece by piece. */
const READ_AT_ONCE = 64 * 1024;
/** Bytes after which others have a turn: what has arrived already is read without one. */
const BYTES_PER_TURN = 128 * 1024;
/** How long the next piece of a body may take. */
const BODY_IDLE_MS = 30_000;
/** Largest JSON request, where a route names no other limit. */
export const MAX_JSON_BYTES = 1 << 20;

/** Issues that the detail of a refusal repeats; its `errors` have all. */
const TOLD_ISSUES = 10;

/**
 * The body's bytes. More than `limit`: `too-large`. A client that stops sending: `request-timeout`. A client that
 * hangs up, or a server that stops (https://github.com/denoland/deno/issues/36809): `interrupted`.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(request.headers.get("content-length") ?? NaN);
  if (declared > limit) throw tooLarge(limit);
  try {
    // Touching `request.body` would make a stream of it, which costs more than the rest of a small insert.
    if (declared <= READ_AT_ONCE) return await request.bytes();
    return request.body === null ? new Uint8Array() : await readPieces(request.body, declared, limit);
  } catch (error) {
    throw toRefusal(error);
  }
}

const unzip = promisify(gunzip) as (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * As `readBody`, but without what Content-Encoding says was done to it; `limit` counts before and after. Not gzip:
 * `invalid-request`. Another coding: `unsupported-media-type`.
 */
export async function readDecoded(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const coding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding === "identity") return await readBody(request, limit);
  if (coding !== "gzip" && coding !== "x-gzip") {
    throw new RunnelError(
      "unsupported-media-type",
      `Content-Encoding may be gzip or identity, not ${coding}`,
    );
  }
  const bytes = await readBody(request, limit);
  try {
    return await unzip(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw invalid("Content-Encoding says gzip, but the body is not gzip, or not whole.");
  }
}

function toRefusal(error: unknown): RunnelError {
  if (error instanceof RunnelError) return error;
  if (error instanceof Deno.errors.BadResource) {
    return new RunnelError("interrupted", "the server is stopping, nothing was stored: try again");
  }
  return new RunnelError("invalid-request", "the request's body did not arrive whole", [], { cause: error });
}

/** Pieces go where they belong as they come: joining them at the end would hold everybody up. */
async function readPieces(
  body: ReadableStream<Uint8Array>,
  declared: number,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(declared > 0 ? declared : READ_AT_ONCE), length = 0;
  for await (const piece of bodyPieces(body)) {
    if (length + piece.byteLength > limit) throw tooLarge(limit);
    if (length + piece.byteLength > bytes.length) bytes = grown(bytes, length + piece.byteLength);
    bytes.set(piece, length);
    length += piece.byteLength;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/** A body as it comes, refused as by `readBody`; whoever stops early cancels it. */
export async function* bodyPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const idle = new IdleTimer();
  let sinceTurn = 0;
  try {
    while (true) {
      idle.touch();
      const { done, value } = await Promise.race([reader.read(), idle.passed]).catch((error) => {
        throw toRefusal(error);
      });
      if (done) return;
      yield value;
      sinceTurn += value.byteLength;
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

/** Rejects `passed` with `request-timeout` when BODY_IDLE_MS pass without a touch. One timer a body, not one a piece. */
class IdleTimer {
  readonly passed: Promise<never>;
  readonly #timer: ReturnType<typeof setInterval>;
  #touchedAt = 0;

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    // Whoever stopped listening has another answer already.
    promise.catch(() => {});
    this.passed = promise;
    this.#timer = setInterval(() => {
      if (performance.now() - this.#touchedAt < BODY_IDLE_MS) return;
      const seconds = BODY_IDLE_MS / 1000;
      reject(new RunnelError("request-timeout", `nothing of the body came for ${seconds} seconds`));
    }, BODY_IDLE_MS / 10);
  }

  touch(): void {
    this.#touchedAt = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function tooLarge(limit: number): RunnelError {
  return new RunnelError("too-large", `the body may have at most ${limit} bytes`);
}

/** The request's JSON, checked. Not JSON or wrong: `invalid-request`. Declared as something else: `unsupported-media-type`. */
export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  return check(await readJsonValue(request, limit), schema);
}

/** The request's JSON, unchecked. Not JSON: `invalid-request`. Declared as something else: `unsupported-media-type`. */
export async function readJsonValue(request: Request, limit: number): Promise<unknown> {
  const type = request.headers.get("content-type");
  if (type !== null && !/^application\/([^;\s]+\+)?json\s*(;|$)/i.test(type)) {
    throw new RunnelError("unsupported-media-type", `the body must be application/json, not ${type}`);
  }
  return parseJson(await readBody(request, limit));
}

/** As `readJson`, and JSON that is declared as text, which a browser's `sendBeacon` does. */
export async function readJsonOfBeacon<S extends z.ZodType>(
  request: Request,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  const isText = /^text\/plain\s*(;|$)/i.test(request.headers.get("content-type") ?? "");
  return await (isText ? readJsonOfAnyType : readJson)(request, schema, limit);
}

/** As `readJson`, whatever the body is declared as. */
export async function readJsonOfAnyType<S extends z.ZodType>(
  request: Request,
  schema: S,
  limit = MAX_JSON_BYTES,
): Promise<z.output<S>> {
  return check(parseJson(await readBody(request, limit)), schema);
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF_8.decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new RunnelError("invalid-request", `the body is not valid JSON: ${why}`);
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
  throw new RunnelError("invalid-request", detail, issues);
}

/** The parts of an address's path as they were sent: not decoded, and without those that are empty. */
export function pathParts(url: string): string[] {
  const [, path = ""] = /^[^:]*:\/\/[^/?#]*([^?#]*)/.exec(url) ?? [];
  return path.split("/").filter((part) => part !== "");
}

const DOTS_IN_PATH = /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

/** Refuses a path with a part that is `.` or `..`: readers of addresses do not agree on what it means. */
export function refuseDots(url: string): void {
  if (DOTS_IN_PATH.test(url)) throw invalid(`the path has . or .. in it: ${DOTS_REFUSED}`);
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
      if (!AUTHORITY.test(own)) throw new RunnelError("invalid-request", "the Host header is not valid");
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
