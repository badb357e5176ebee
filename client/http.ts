/** What every area's client sends its requests through. Only fetch and URL are needed: Deno, Node and browsers have them. */

/** Where Runnel is and how to reach it. */
export interface ClientOptions {
  /** Address of Runnel, `http://127.0.0.1:8080` unless given. */
  readonly url?: string | undefined;
  /** API key, if the server asks for one. */
  readonly key?: string | undefined;
  /** Instead of the global one. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
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
}

/** A refusal by the server: its problem document (RFC 9457). */
export class RunnelProblem extends Error {
  override readonly name = "RunnelProblem";

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Stable name of the kind of refusal, such as `series-not-found`. */
    readonly code: string,
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
  readonly #fetch: (request: Request) => Promise<Response>;

  constructor({ url = "http://127.0.0.1:8080", key, fetch }: ClientOptions) {
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.#fetch = fetch ?? ((request) => globalThis.fetch(request));
  }

  /** The same Runnel, with another key or a person's token. */
  withKey(key: string): Http {
    return new Http({ url: this.url, key, fetch: this.#fetch });
  }

  /** The answer of a request that succeeded. Otherwise throws RunnelProblem. */
  async send(method: string, { path, query = {}, body, headers, signal }: Call): Promise<Response> {
    const request = new Request(this.address(path, query), {
      method,
      headers: { ...headers, ...(this.key !== undefined && { Authorization: `Bearer ${this.key}` }) },
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    const response = await this.#fetch(request);
    if (response.ok) return response;
    throw await problemOf(response);
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
