/** The API reference: /openapi.json, and /docs, where it can be read and tried out. Nothing comes from elsewhere. */
import { z } from "zod";
import { ASSETS } from "../dashboard/assets/mod.ts";
import { referencePage } from "../dashboard/reference.ts";
import { errorsPage } from "../dashboard/errors.ts";
import { ADVICE, type ErrorCode, ERRORS, RunnelError } from "../domain/errors.ts";
import { STATUS } from "./errors.ts";
import { openapiDocument } from "./openapi.ts";
import { rootOf } from "./request.ts";
import { html, NO_SNIFF } from "./respond.ts";
import { baseOf, type Call, get, param, type Route, type RouteReference } from "./route.ts";

const ABOUT =
  "Everything that this process answers. Errors are problem documents (RFC 9457). A slash at the end of an " +
  "address is accepted everywhere; HEAD is answered like GET, without the body.";
/** Files of swagger-ui-dist that the page loads, with their media types. They are modules: hosts may let nothing be read. */
const FILES: Readonly<Record<string, readonly [type: string, load: () => Promise<{ default: BodyInit }>]>> = {
  "swagger-ui.css": [
    "text/css; charset=utf-8",
    () => import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } }),
  ],
  "swagger-ui-bundle.js": [
    "text/javascript; charset=utf-8",
    () => import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } }),
  ],
};
const MAX_AGE_SECONDS = 3600;

const PAGE: RouteReference = {
  summary: "The API reference, to read and try out",
  ignoresUnknown: true,
  answers: { 200: { description: "A page.", type: "text/html" } },
};
const ERRORS_PAGE: RouteReference = {
  summary: "What each error means, and what to do about it",
  ignoresUnknown: true,
  answers: { 200: { description: "A page.", type: "text/html" } },
};
const FILE: RouteReference = {
  summary: "A file of the API reference's page",
  ignoresUnknown: true,
  answers: { 200: { description: "A script, a style sheet or an image.", type: "*/*" } },
  errors: ["not-found"],
};
const DOCUMENT: RouteReference = {
  summary: "The API reference as OpenAPI 3.1",
  ignoresUnknown: true,
  answers: { 200: { description: "An OpenAPI document.", schema: z.record(z.string(), z.unknown()) } },
};

/** `routes` answers every route of the application, these among them. */
export function referenceRoutes(routes: () => readonly Route[]): readonly Route[] {
  let document: string | undefined;
  return [
    get("/docs", "public", PAGE, (call) => html(referencePage(rootOf(baseOf(call))))),
    get("/docs/errors", "public", ERRORS_PAGE, showErrors),
    get("/docs/:file", "public", FILE, referenceFile),
    get("/openapi.json", "public", DOCUMENT, () => {
      document ??= JSON.stringify(openapiDocument(routes(), ABOUT));
      return asset(document, "application/json");
    }),
  ];
}

/** Where the `type` of a problem document leads. */
export function showErrors(call: Call): Response {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return html(errorsPage(
    codes.map((code) => ({
      code,
      status: STATUS[code],
      title: ERRORS[code],
      advice: ADVICE[code],
    })),
    rootOf(baseOf(call)),
  ));
}

async function referenceFile(call: Call): Promise<Response> {
  const name = param(call, "file");
  if (name === "start.js") return asset(ASSETS["docs.js"]!.text, "text/javascript; charset=utf-8");
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (file === undefined) throw new RunnelError("not-found", `there is nothing at ${call.context.req.path}`);
  const [type, load] = file;
  return asset((await load()).default, type);
}

function asset(body: BodyInit, type: string): Response {
  return new Response(body, {
    headers: { "Content-Type": type, "Cache-Control": `max-age=${MAX_AGE_SECONDS}`, ...NO_SNIFF },
  });
}
