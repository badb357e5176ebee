/** What every request passes before its route: where it comes from, and its key. */
import type { Context } from "hono";
import { KeyCheck } from "../domain/access/key_check.ts";
import type { Admission, ApiKeys, Scope } from "../domain/access/keys.ts";
import { RunnelError } from "../domain/errors.ts";
import { audited, isAudited } from "./operation/audit.ts";
import { createQueryReader } from "./query.ts";
import { refuseDots } from "./request.ts";
import type { Route } from "./route.ts";
import type { Services } from "./services.ts";
import { holdSized } from "./serving/answers.ts";
import { isLoopback } from "./serving/peer.ts";

/** What the server says of a request. */
export interface GateEnv {
  Bindings: {
    /** Whether the request comes from this machine, and through no proxy. */
    isLocal(request: Request): boolean;
    /** Where the connection comes from, if that is known. */
    readonly address?: () => string | undefined;
    /** The template of the route that took the request. */
    route?: string;
    /** To be told when the request's answer is not at hand, and when it is there. */
    began?(): void;
    ended?(status: number): void;
    /** Settles when the answer is sent, or its client has left. */
    sent?(): Promise<void> | undefined;
  };
}

type Answer = Response | Promise<Response>;

/** Makes what Hono calls for a route: the gate, the query, then the route's handler. */
export function createGate(services: Services) {
  const { keys, admission } = services;
  const checkHost = createHostCheck(services);
  return (route: Route) => {
    const { path, access, reference, handle, keyChecking } = route;
    const isKept = isAudited(route);
    const readQuery = createQueryReader(reference);
    const showsKey = access !== "public" && access !== "person";
    // A person's token is looked at by the handler, some of which read the body first.
    const bodies = showsKey ? admission.known : admission.strangers;
    const enter = (context: Context<GateEnv>, keyCheck?: KeyCheck): Answer => {
      const request = context.req.raw;
      context.env.route = path;
      refuseDots(request.url);
      checkHost(request.url);
      checkSite(request, services);
      if (showsKey) checkKey(context, access, services);
      const call = { request, services, bodies, query: readQuery(request.url), context, access, keyCheck };
      const made = handle(call);
      const answer = made instanceof Promise
        ? made.then((answer) => holdSized(call, answer))
        : holdSized(call, made);
      if (isKept) return audited(answer, route, context.req, services, keys.nameOf(secretOf(request)));
      return request.method === "HEAD" ? Promise.resolve(answer).then(headOf) : answer;
    };
    if (!showsKey) {
      return (context: Context<GateEnv>) =>
        checkHost.isKnown(context.req.url) || keys.isFresh
          ? enter(context)
          : keys.refresh().then(() => enter(context));
    }
    return (context: Context<GateEnv>) => {
      if (keys.isFresh) return enter(context);
      if (keyChecking === "beside" && keys.mark !== undefined) {
        return checkedBeside(keys, () => enter(context));
      }
      const check = keyChecking === "in-commit"
        ? KeyCheck.begin(keys, () => checkKey(context, access, services))
        : undefined;
      return check === undefined
        ? keys.refresh().then(() => enter(context))
        : checkedInCommit(check, () => enter(context, check));
    };
  };
}

/**
 * Answers a request that only reads, while the keys are read: nothing is answered before its key is known to be good.
 * `enter` checks the key by the list as it is, and answers.
 */
async function checkedBeside(keys: ApiKeys, enter: () => Answer): Promise<Response> {
  const { mark } = keys;
  const [looked, answered] = await Promise.allSettled([keys.refresh(), Promise.try(enter)]);
  if (looked.status === "fulfilled" && mark !== undefined && keys.mark === mark) {
    if (answered.status === "rejected") throw answered.reason;
    return answered.value;
  }
  if (answered.status === "fulfilled") await answered.value.body?.cancel();
  if (looked.status === "rejected") throw looked.reason;
  return await enter();
}

/** Answers a request that writes. What `enter` stores depends on the check, which has let it in by the list as it was. */
async function checkedInCommit(check: KeyCheck, enter: () => Answer): Promise<Response> {
  const [answered] = await Promise.allSettled([Promise.try(enter)]);
  const isFault = answered.status === "rejected" && !(answered.reason instanceof RunnelError);
  // Refused for another reason: whoever has no key is not told that.
  if (!isFault && !check.isDone) await check.again();
  if (answered.status === "rejected") throw answered.reason;
  return answered.value;
}

/** Refuses a request by the keys that are known; see `ApiKeys.check`. */
function checkKey(context: Context<GateEnv>, scope: Scope, services: Services): void {
  services.keys.check(() => secretOf(context.req.raw), scope, () => admissionOf(context, services));
}

/** Who is let in without a key, for a request. */
export function admissionOf(
  { env, req }: Context<GateEnv>,
  { allowAnonymous }: Pick<Services, "allowAnonymous">,
): Admission {
  return allowAnonymous ? "everybody" : env.isLocal(req.raw) ? "this-machine" : "nobody";
}

/** The same answer without its content, which Content-Length still counts. */
async function headOf(answer: Response): Promise<Response> {
  if (answer.body === null || answer.headers.has("content-length")) return answer;
  const { byteLength } = await answer.bytes();
  const headers = new Headers(answer.headers);
  headers.set("Content-Length", `${byteLength}`);
  return new Response(null, { status: answer.status, headers });
}

/**
 * Without keys only hosts of this machine, of PUBLIC_URL and of ALLOWED_HOSTS are answered: else a page of another site
 * whose name was made to lead to this machine (DNS rebinding) would be let in as if it were local.
 */
function createHostCheck({ keys, publicUrl, allowedHosts, allowAnonymous }: Services) {
  const named = new Set(allowedHosts.map((host) => host.toLowerCase()));
  if (publicUrl !== undefined) named.add(new URL(publicUrl).host);
  let lastKnown = "";
  const isKnown = (url: string): boolean => {
    const host = url.slice(url.indexOf("//") + 2, url.indexOf("/", url.indexOf("//") + 2));
    if (host === lastKnown) return true;
    const name = host.replace(/:\d+$/, "").toLowerCase();
    if (!isLoopback(name.replace(/^\[|\]$/g, "")) && !named.has(host.toLowerCase()) && !named.has(name)) {
      return false;
    }
    lastKnown = host;
    return true;
  };
  const check = (url: string): void => {
    if (isKnown(url) || keys.required || allowAnonymous) return;
    const { host } = new URL(url);
    throw new RunnelError(
      "misdirected",
      `${host} is no host of this server: set ALLOWED_HOSTS or PUBLIC_URL`,
    );
  };
  return Object.assign(check, { isKnown });
}

/**
 * A page of another site can make a browser send requests here, even to 127.0.0.1. Browsers mark them with
 * Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/), and WebSockets, which lack that mark, with their Origin.
 * Programs send neither.
 */
function checkSite({ method, url, headers }: Request, { corsOrigins, publicUrl }: Services): void {
  const origin = headers.get("origin");
  const isWrite = method !== "GET" && method !== "HEAD";
  const isSocket = !isWrite && headers.has("upgrade");
  if (isWrite || isSocket) {
    if (origin === null ? headers.get("sec-fetch-site") !== "cross-site" : isOwn(origin, url, publicUrl)) {
      return;
    }
  } else if (headers.get("sec-fetch-site") !== "cross-site") return;
  if (origin !== null && (corsOrigins.includes(origin) || corsOrigins.includes("*"))) return;
  const isNavigation = headers.get("sec-fetch-mode") === "navigate" && method === "GET";
  if (!isNavigation) throw new RunnelError("cross-site", "this web site is not among CORS_ORIGINS");
}

/** Whether a page of that origin came from here. The scheme is left out: a proxy may speak TLS for us. */
function isOwn(origin: string, url: string, publicUrl: string | undefined): boolean {
  const host = (address: string) => URL.canParse(address) ? new URL(address).host : undefined;
  return host(origin) !== undefined && (host(origin) === host(url) || host(origin) === host(publicUrl ?? ""));
}

/** The key of `Authorization: Bearer`, else of `access_token`, for browsers that can set no header. */
export function secretOf({ method, url, headers }: Request): string | undefined {
  const bearer = bearerOf(headers);
  if (bearer !== undefined) return bearer;
  if (method !== "GET" || !url.includes("access_token=")) return undefined;
  return new URLSearchParams(url.slice(url.indexOf("?"))).get("access_token") ?? undefined;
}

/** The value of `Authorization: Bearer`. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}
