/** One call of a callback: signed, bounded, and never to an address of a private network. */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { lookup } from "node:dns";
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** How long a callback may take to answer, in milliseconds. */
const ANSWER_MS = 30_000;
/** What is read of an answer, in bytes. */
const MAX_ANSWER = 64 << 10;

/** What became of a call. */
export type Outcome = { readonly ok: true } | {
  readonly ok: false;
  readonly why: string;
  readonly retryAfter?: number;
};

/** What is sent. */
export interface Message {
  /** The same for each attempt. */
  readonly id: string;
  readonly body: string;
  /** `whsec_` and base64; undefined: it is not signed. */
  readonly secret: string | undefined;
}

/** Calls callbacks, over connections that it keeps. */
export class Callbacks {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  /** `allowsPrivate`: addresses of private networks, too. */
  constructor(readonly allowsPrivate: boolean) {
    const options = { keepAlive: true, maxFreeSockets: 16, lookup: this.#lookUp };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent(options);
  }

  /** Why a callback to that address would be refused without asking anybody; undefined when it would not. */
  refusal(address: string): string | undefined {
    const host = new URL(address).hostname.replace(/^\[|\]$/g, "");
    return ipaddr.isValid(host) ? this.#refusalOf(host) : undefined;
  }

  /** Posts a message. Redirects are not followed: they would lead past the check of the address. */
  async post(address: string, message: Message, signal: AbortSignal): Promise<Outcome> {
    const refusal = this.refusal(address);
    if (refusal !== undefined) return { ok: false, why: refusal };
    const seconds = Math.floor(Date.now() / 1000);
    const isSecure = address.startsWith("https:");
    const options = {
      method: "POST",
      agent: isSecure ? this.#https : this.#http,
      lookup: this.#lookUp,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      headers: {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(message.body),
        "User-Agent": "runnel",
        "webhook-id": message.id,
        "webhook-timestamp": `${seconds}`,
        ...(message.secret !== undefined && { "webhook-signature": sign(message, seconds) }),
      },
    };
    try {
      const request = (isSecure ? httpsRequest : httpRequest)(address, options);
      return await answerOf(request, message.body);
    } catch (error) {
      if (!signal.aborted && options.signal.aborted) {
        return { ok: false, why: `no answer within ${ANSWER_MS / 1000} s` };
      }
      return { ok: false, why: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Looks at the addresses of a name when a connection is made, so that a name cannot change its mind in between. */
  readonly #lookUp: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      const refusal = addresses.map(({ address }) => this.#refusalOf(address)).find((each) =>
        each !== undefined
      );
      if (refusal !== undefined) return callback(new Error(refusal), "");
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };

  #refusalOf(address: string): string | undefined {
    if (this.allowsPrivate || ipaddr.process(address).range() === "unicast") return undefined;
    return `${address} is an address of a private network: WEBHOOK_PRIVATE=true allows it`;
  }
}

/** The signature of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks), version 1. */
function sign({ id, body, secret }: Message, seconds: number): string {
  const key = Buffer.from(secret!.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`;
}

async function answerOf(request: ClientRequest, body: string): Promise<Outcome> {
  const answered = Promise.withResolvers<IncomingMessage>();
  request.once("response", answered.resolve);
  request.on("error", answered.reject);
  request.end(body);
  const response = await answered.promise;
  const status = response.statusCode ?? 0;
  let bytes = 0;
  for await (const piece of response) {
    bytes += (piece as Uint8Array).length;
    // A receiver that talks too much is hung up on; it has answered.
    if (bytes > MAX_ANSWER) break;
  }
  if (status >= 200 && status < 300) return { ok: true };
  const retryAfter = Number(response.headers["retry-after"]);
  const to = status >= 300 && status < 400
    ? `, a redirect to ${response.headers.location}, which is not followed`
    : "";
  return {
    ok: false,
    why: `the callback answered ${status}${to}`,
    ...(retryAfter > 0 && { retryAfter: Math.min(3600, retryAfter) }),
  };
}
