/** For operators and newcomers: health, the sweep on demand, and the first page. */
import { Health, Home, Swept } from "../api/system.ts";
import { homePage } from "../dashboard/home.ts";
import { accepts } from "./conditional.ts";
import { html, json, text } from "./respond.ts";
import { baseOf, type Call, get, post, type Route, type RouteReference } from "./route.ts";

const HOME: RouteReference = {
  summary: "What this is and what it holds",
  description: "A page for browsers, JSON for programs.",
  ignoresUnknown: true,
  answers: { 200: { description: "What the process holds at the moment.", schema: Home } },
};
const HEALTH: RouteReference = {
  summary: "Whether the database answers",
  ignoresUnknown: true,
  answers: {
    200: { description: "It does.", type: "text/plain", schema: Health, example: "OK (3 channels)" },
  },
  errors: ["unavailable"],
};
const SWEEP: RouteReference = {
  summary: "Free the space of what has expired",
  description:
    "What has expired is invisible at once; this only frees its space, as a job does every five minutes.",
  answers: { 200: { description: "How many expired items went.", schema: Swept, example: { expired: 0 } } },
};

export const systemRoutes: readonly Route[] = [
  get("/", "public", HOME, showHome),
  get("/health", "public", HEALTH, showHealth),
  post("/sweep", "admin", SWEEP, sweepNow),
];

export async function showHome(call: Call): Promise<Response> {
  const { request, services: { channels, hub } } = call;
  const base = baseOf(call);
  const holds = { ...await channels.summary(), subscribers: hub.size };
  const accept = request.headers.get("accept") ?? "";
  if (accept.includes("text/html") && accepts(accept, "text/html")) return html(homePage(base, holds));
  return json({
    name: "Runnel",
    holds,
    _links: {
      self: { href: `${base}/` },
      channels: { href: `${base}/channel` },
      health: { href: `${base}/health` },
    },
  });
}

export async function showHealth({ services }: Call): Promise<Response> {
  const { channels: count } = await services.channels.summary();
  return text(`OK (${count} channels)`);
}

export async function sweepNow({ request, services }: Call): Promise<Response> {
  return json({ expired: await services.channels.sweep(request.signal) });
}
