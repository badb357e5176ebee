/** Serves the dashboard: cookies, forms, and the way from a page to the API. */
import type { Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { ASSETS } from "../../dashboard/assets/mod.ts";
import { homePage } from "../../dashboard/home/page.tsx";
import { type Page, PAGES, Tails } from "../../dashboard/pages.ts";
import { refusedPage } from "../../dashboard/login.tsx";
import { type Answer, Frame, Refused, type View } from "../../dashboard/view.tsx";
import { accepts } from "../conditional.ts";
import { admissionOf, type GateEnv } from "../gate.ts";
import { readBody, rootOf } from "../request.ts";
import { html, NO_SNIFF, seeOther } from "../respond.ts";
import type { Services } from "../services.ts";
import { SharedBodies } from "./shared_bodies.ts";

const COOKIE = { key: "runnel_key", person: "runnel_person", form: "runnel_form" } as const;
const SESSION_SECONDS = 12 * 3600;
const MAX_FORM_BYTES = 256 * 1024;
/** What the API must know of the browser's request to decide as it would for that request. */
const KEPT_HEADERS = [
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "origin",
  "sec-fetch-site",
  "sec-fetch-mode",
  "last-event-id",
];

/** What every page is made with. */
interface Server {
  readonly app: Hono<GateEnv>;
  readonly services: Services;
  readonly bodies: SharedBodies;
  readonly tails: Tails;
}

/** Adds every page to the application. */
export function serveDashboard(app: Hono<GateEnv>, services: Services): void {
  const server = { app, services, bodies: new SharedBodies(), tails: new Tails(services.closing) };
  const serve = (page: Page) => (context: Context<GateEnv>) => answer(server, context, page);
  const home = serve({ method: "GET", path: "/", show: homePage, isShared: true });
  app.get("/", (context, next) => {
    const accept = context.req.header("accept") ?? "";
    // A part of the page that is read again accepts anything.
    const isPage = isPart(context.req.raw) || (accept.includes("text/html") && accepts(accept, "text/html"));
    return isPage ? home(context) : next();
  });
  app.get("/dashboard/assets/:file", (context) => {
    const name = context.req.param("file");
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) return context.notFound();
    return new Response(asset.text, {
      headers: { "Content-Type": asset.type, "Cache-Control": "max-age=300", ...NO_SNIFF },
    });
  });
  for (const page of PAGES) app.on(page.method, [page.path], serve(page));
  app.get("/dashboard/*", serve({ method: "GET", path: "/dashboard/*", show: noPage }));
}

async function answer(server: Server, context: Context<GateEnv>, page: Page): Promise<Response> {
  const { services } = server;
  const { raw: request } = context.req;
  const base = services.baseUrl(request);
  // Who sends a form is known only when the API has looked at the cookie's key.
  const sender = { request, bodies: services.admission.webhooks };
  const form = new URLSearchParams(
    request.method === "POST" ? new TextDecoder().decode(await readBody(sender, MAX_FORM_BYTES)) : "",
  );
  const known = getCookie(context, COOKIE.form);
  const token = known ?? crypto.randomUUID();
  const root = rootOf(base);
  const cookie = (name: keyof typeof COOKIE, value: string, maxAge = SESSION_SECONDS) =>
    setCookie(context, COOKIE[name], value, {
      httpOnly: true,
      sameSite: "Strict",
      secure: base.startsWith("https:"),
      path: `${root}/`,
      maxAge,
    });
  if (known === undefined) cookie("form", token);
  const view = createView(server, context, { base, root, token, form });
  let shown: Answer;
  try {
    if (request.method === "POST" && (known === undefined || form.get("token") !== known)) {
      throw new Refused(403, "This form is too old, or not from here: load the page again.");
    }
    shown = await show(server, page, view, cookie);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    shown = refusedPage(view, error);
  }
  const response = typeof shown === "string"
    ? seeOther(`${root}${shown}`)
    : shown instanceof Response
    ? shown
    : page.isShared && isPart(request)
    ? html(String(shown.body), shown.status)
    : html(
      `<!doctype html>${<Frame view={view} title={shown.title}>{shown.body}</Frame>}`,
      shown.status,
    );
  for (const line of context.res.headers.getSetCookie()) response.headers.append("Set-Cookie", line);
  if (request.method !== "HEAD") return response;
  // What nobody is sent must not go on being read.
  await response.body?.cancel();
  return new Response(null, response);
}

function noPage(): never {
  throw new Refused(404, "This address has no page.");
}

/** Whether htmx asks, to put a part of the answer into a page. */
const isPart = ({ headers }: Request) => headers.has("hx-request");

/** A key that is gone gets nothing that was made for it. */
function show(
  { services, bodies }: Server,
  page: Page,
  view: View,
  remember: Parameters<Page["show"]>[1],
): Answer | Promise<Answer> {
  const isGone = view.key !== undefined && services.keys.nameOf(view.key) === undefined;
  if (!page.isShared || isGone) return page.show(view, remember);
  return bodies.of(`${view.rights} ${view.path}?${view.query}`, () => page.show(view, remember));
}

/** What the API knows of the connection. A page's requests have routes of their own, and do not begin or end its request. */
function connectionOf(env: GateEnv["Bindings"]): GateEnv["Bindings"] {
  return {
    isLocal: (request) => env.isLocal(request),
    address: () => env.address?.(),
    sent: () => env.sent?.(),
  };
}

function createView(
  { app, services, tails }: Server,
  context: Context<GateEnv>,
  given: Pick<View, "base" | "root" | "token" | "form">,
): View {
  const { raw: request } = context.req;
  const url = new URL(request.url);
  const key = getCookie(context, COOKIE.key), person = getCookie(context, COOKIE.person);
  const kept = KEPT_HEADERS.map((name) => [name, request.headers.get(name)] as const)
    .filter((pair): pair is [string, string] => pair[1] !== null);
  const api = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    for (const [name, value] of kept) headers.set(name, value);
    const secret = /^\/api\/(stats|auth)\b/.test(path) ? person : key;
    if (secret !== undefined && !headers.has("authorization")) {
      headers.set("Authorization", `Bearer ${secret}`);
    }
    return await app.fetch(
      new Request(url.origin + path, { ...init, headers }),
      connectionOf(context.env),
    );
  };
  const read = async <T,>(path: string, init?: RequestInit): Promise<T> => {
    const response = await api(path, init);
    if (response.status >= 400) {
      const { detail, message } = await response.json().catch(() => ({}));
      throw new Refused(response.status, detail ?? message ?? "The server did not say why.");
    }
    return (response.headers.get("content-type") ?? "").includes("json")
      ? await response.json()
      : undefined as T;
  };
  return {
    ...given,
    path: context.req.path,
    query: url.searchParams,
    key,
    rights: JSON.stringify([admissionOf(context, services), services.keys.required, key, given.base]),
    hasPerson: person !== undefined,
    get signal() {
      return request.signal;
    },
    tails,
    param: (name) => context.req.param(name) ?? "",
    api,
    read,
    glance: <T,>(path: string) =>
      read<T>(path).catch((error) => {
        if (error instanceof Refused) return undefined;
        throw error;
      }),
  };
}
