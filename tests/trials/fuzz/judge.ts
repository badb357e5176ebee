/** What must hold of every answer. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { RawResponse } from "../../support/socket.ts";
import { checkAnswer } from "../../support/answers.ts";
import { bytesOf } from "./bodies.ts";
import type { WireRequest } from "./requests.ts";

/** Statuses whose answer has no content. */
const EMPTY = [101, 204, 205, 304];

/** What is wrong with an answer; undefined when nothing is. */
export async function faultOf(request: WireRequest, answer: RawResponse): Promise<string | undefined> {
  const { status, headers } = answer;
  if (!Number.isInteger(status)) return "the answer is no HTTP";
  if (status >= 500 && status !== 503) return `${status}: ${answer.body.slice(0, 500)}`;
  if (status === 101 || isOfTheServer(answer)) return undefined;
  try {
    const body = EMPTY.includes(status) || request.method === "HEAD" ? null : contentOf(answer);
    await checkAnswer(request.method, addressOf(request.target), new Response(body, { status, headers }));
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 1_000) : String(error);
  }
  return undefined;
}

/** The bytes of an answer, unpacked where the server packed them. */
function contentOf({ headers, body }: RawResponse): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(body);
  const isJson = /^application\/(problem\+)?json$/.test(headers.get("content-type") ?? "");
  const encoding = isJson ? headers.get("content-encoding") : null;
  if (encoding === "gzip") return new Uint8Array(gunzipSync(bytes));
  if (encoding === "br") return new Uint8Array(brotliDecompressSync(bytes));
  return bytes;
}

/** What is no HTTP is refused before it is a request: without a problem document. */
function isOfTheServer({ status, headers, body }: RawResponse): boolean {
  return [400, 414, 431].includes(status) && body === "" && !headers.has("content-type");
}

/** An address whose path a URL parser leaves as it is. */
function addressOf(target: string): string {
  const path = target.split("?", 1)[0]!;
  const isOdd = /\/(?:\.|%2e){1,2}(?:\/|$)|\\|[^\x21-\x7e]|^\/\//i.test(path);
  // Refused alike by every route: all that counts is in which form.
  return `http://runnel${isOdd ? `/${path.split("/").slice(1, 3).join("/")}${"/odd".repeat(9)}` : path}`;
}
