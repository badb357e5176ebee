/** The API reference: /openapi.json, and /docs, where it can be read and tried out. Nothing comes from elsewhere. */
import type { Context } from "hono";
import swaggerFolder from "swagger-ui-dist/absolute-path.js";
import { referencePage, STARTER } from "../dashboard/reference.ts";
import { RunnelError } from "../domain/errors.ts";
import { openapiDocument } from "./openapi.ts";
import { html, NO_SNIFF } from "./respond.ts";
import { param, type Route } from "./route.ts";

const ABOUT =
  "Everything that this process answers. Errors are problem documents (RFC 9457). A slash at the end of an " +
  "address is accepted everywhere; HEAD is answered like GET, without the body.";
/** Files of swagger-ui-dist that the page loads, by their media types. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};
const MAX_AGE_SECONDS = 3600;

/** `routes` answers every route of the application, these among them. */
export function referenceRoutes(routes: () => readonly Route[]): Route[] {
  let document: string | undefined;
  return [
    {
      method: "GET",
      path: "/docs",
      scope: "public",
      summary: "The API reference, to read and try out",
      reference: { answers: { 200: { description: "A page.", type: "text/html" } } },
      handle: () => html(referencePage()),
    },
    {
      method: "GET",
      path: "/docs/:file",
      scope: "public",
      summary: "A file of the API reference's page",
      reference: {
        answers: { 200: { description: "A script, a style sheet or an image." } },
        errors: ["not-found"],
      },
      handle: file,
    },
    {
      method: "GET",
      path: "/openapi.json",
      scope: "public",
      summary: "The API reference as OpenAPI 3.1",
      reference: { answers: { 200: { description: "An OpenAPI document.", type: "application/json" } } },
      handle() {
        document ??= JSON.stringify(openapiDocument(routes(), ABOUT));
        return asset(document, "application/json");
      },
    },
  ];

  async function file(context: Context): Promise<Response> {
    const name = param(context, "file");
    if (name === "start.js") return asset(STARTER, "text/javascript; charset=utf-8");
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (type === undefined) throw new RunnelError("not-found", `there is nothing at ${context.req.path}`);
    return asset(await Deno.readFile(`${swaggerFolder()}/${name}`), type);
  }
}

function asset(body: BodyInit, type: string): Response {
  return new Response(body, {
    headers: { "Content-Type": type, "Cache-Control": `max-age=${MAX_AGE_SECONDS}`, ...NO_SNIFF },
  });
}
