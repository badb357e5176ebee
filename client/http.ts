/** What every area's client sends its requests through. Only fetch and URL are needed: Deno, Node and browsers have them. */

import type { ErrorCode } from "../domain/errors.ts";
import { pause, waitAfter, waitAfterFailure } from "./retry.ts";

/** Where Runnel is and how to reach it. */
export interface ClientOptions {
  /** Address of Runnel, `http://127.0.0.1:8080` unless given. */
  readonly url?: string | undefined;
  /** API key, if the server asks for one. */
  readonly key?: string | undefined;
  /** Instead of the global one. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Ends every call. */
  readonly signal?: AbortSignal | undefined;
  /** How often a call that is safe to repeat is sent again after 503, 429 or no answer at all; 4 unless given. */
  readonly retries?: number | undefined;
}

/** One request. */
export interface Call {
  /** Parts of the path, not encoded yet. */
  readonly path: readonly string[];
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: BodyInit | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether sending it twice does what sending it once does; unless given: all but POST without `Idempotency-Key`. */
  readonly repeatable?: boolean;
}

/** What went wrong, by its stable name; a newer server may have more. */
export type ProblemCode = ErrorCode | (string & Record<never, never>);

/** A refusal by the server: its problem document (RFC 9457). */
export class RunnelProblem extends Error {
  override readonly name = "RunnelProblem";

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Stable name of the kind of refusal, such as `series-not-found`. */
    readonly code: ProblemCode,
    message: string,
    /** Each wrong part of the request. */
    readonly errors: readonly { readonly path: string; readonly message: string }[] = [],
  ) {
    super(message);
  }
}

/** Sends requests to one Runnel. */
export class Http {
  readonly url: string;
  readonly key: string | undefined;
  readonly #options: ClientOptions;
  readonly #fetch: (request: Request) => Promise<Response>;
  readonly #retries: number;

  constructor(options: ClientOptions) {
    const { url = "http://127.0.0.1:8080", key, fetch, retries = 4 } = options;
    this.#options = options;
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.#fetch = fetch ?? ((request) => globalThis.fetch(request));
    this.#retries = retries;
  }

  /** The same Runnel, with some options otherwise. */
  with(options: ClientOptions): Http {
    return new Http({ ...this.#options, ...options });
  }

  /** The same Runnel, with another key or a person's token. */
  withKey(key: string): Http {
    return this.with({ key });
  }

  /** The answer of a request that succeeded. Otherwise throws RunnelProblem. */
  async send(method: string, call: Call): Promise<Response> {
    const signal = anyOf(this.#options.signal, call.signal);
    const retries = isRepeatable(method, call) ? this.#retries : 0;
    for (let attempt = 0;; attempt++) {
      const response = await this.#fetch(this.#request(method, call, signal)).catch((error) => {
        // fetch throws a TypeError when there is no answer; whatever else is thrown is not for us to repeat.
        if (signal?.aborted || !(error instanceof TypeError) || attempt >= retries) throw error;
      });
      if (response?.ok) return response;
      const wait = response === undefined ? waitAfterFailure(attempt) : waitAfter(response, attempt);
      if (response !== undefined && (wait === undefined || attempt >= retries)) {
        throw await problemOf(response);
      }
      await response?.body?.cancel();
      await pause(wait!, signal);
    }
  }

  #request(method: string, { path, query, body, headers }: Call, signal: AbortSignal | undefined): Request {
    return new Request(this.address(path, query), {
      method,
      headers: { ...headers, ...(this.key !== undefined && { Authorization: `Bearer ${this.key}` }) },
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: "half" }),
      ...(signal !== undefined && { signal }),
    });
  }

  /** The same, for an answer in JSON. */
  async json<T>(method: string, call: Call): Promise<T> {
    return await (await this.send(method, call)).json();
  }

  /** The same, for an answer whose content does not matter. */
  async done(method: string, call: Call): Promise<void> {
    await (await this.send(method, call)).body?.cancel();
  }

  /** The address of a path. */
  address(path: readonly string[], query: Call["query"] = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (Array.isArray(value)) { for (const each of value) parameters.append(name, each); }
      else if (value !== undefined) parameters.set(name, String(value));
    }
    const search = parameters.size > 0 ? `?${parameters}` : "";
    return `${this.url}/${path.map(encodeURIComponent).join("/")}${search}`;
  }
}

/** The parts of a call that sends JSON. */
export function jsonBody(value: unknown) {
  return { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } };
}

function isRepeatable(method: string, { body, headers, repeatable }: Call): boolean {
  // A stream is gone once it was sent.
  if (body instanceof ReadableStream) return false;
  return repeatable ?? (method !== "POST" || headers?.["Idempotency-Key"] !== undefined);
}

function anyOf(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one !== undefined && other !== undefined ? AbortSignal.any([one, other]) : one ?? other;
}

async function problemOf(response: Response): Promise<RunnelProblem> {
  const text = await response.text();
  try {
    // Under /api/auth and /api/stats a refusal is {status, message, errors}.
    const { type = "unknown", detail, title, message, errors } = JSON.parse(text);
    const code = String(type).replace(/^.*#/, "");
    return new RunnelProblem(response.status, code, String(detail ?? title ?? message), errors);
  } catch {
    return new RunnelProblem(response.status, "unknown", `${response.status} ${response.statusText}`.trim());
  }
}
