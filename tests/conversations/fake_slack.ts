/**
 * A Slack for tests, because the real one cannot run here: the methods of its Web API that Runnel calls, answering as
 * https://docs.slack.dev/reference/methods has them, and events signed as
 * https://docs.slack.dev/authentication/verifying-requests-from-slack describes.
 */

/** Signs an event's body as Slack does. */
export async function signedEvent(
  secret: string,
  body: string,
  { time = Date.now() / 1000, headers = {} }: { time?: number; headers?: Record<string, string> } = {},
): Promise<RequestInit> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), algorithm, false, ["sign"]);
  const timestamp = String(Math.floor(time));
  const signature = await crypto.subtle.sign("HMAC", key, encode(`v0:${timestamp}:${body}`));
  return {
    method: "POST",
    body,
    headers: {
      "Content-Type": "application/json",
      "X-Slack-Request-Timestamp": timestamp,
      "X-Slack-Signature": `v0=${new Uint8Array(signature).toHex()}`,
      ...headers,
    },
  };
}

/** What a Web API method answers to its form. */
type Method = (form: URLSearchParams) => unknown;

/** A running Web API. */
export interface FakeSlack extends AsyncDisposable {
  readonly url: string;
  /** Names of the methods that were called, in order. */
  readonly calls: string[];
  /** Answers instead of the methods; undefined: the method answers. */
  intercept: (method: string) => Response | Promise<Response> | undefined;
}

/** Serves these methods to whoever has the token. */
export function startFakeSlack(token: string, methods: Record<string, Method>): FakeSlack {
  const calls: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const name = new URL(request.url).pathname.replace("/api/", "");
    calls.push(name);
    const form = new URLSearchParams(await request.text());
    const intercepted = fake.intercept(name);
    if (intercepted !== undefined) return await intercepted;
    if (request.headers.get("authorization") !== `Bearer ${token}`) {
      return Response.json({ ok: false, error: "invalid_auth" });
    }
    const method = methods[name];
    if (method === undefined) return Response.json({ ok: false, error: "unknown_method" });
    return Response.json({ ok: true, ...method(form) as object });
  });
  const fake: FakeSlack = {
    url: `http://127.0.0.1:${server.addr.port}/api`,
    calls,
    intercept: () => undefined,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return fake;
}
