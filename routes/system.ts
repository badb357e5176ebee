/** For operators and newcomers: health, the sweep on demand, and the first page. */
import { Health, Home, Swept } from "../api/system.ts";
import { type Holdings, homePage } from "../dashboard/home.ts";
import { accepts } from "./conditional.ts";
import { html, json, text } from "./respond.ts";
import type { Services } from "./services.ts";
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
  const { request, services } = call;
  const base = baseOf(call), holds = await holdings(services);
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

/** What can be read at the moment, in every area. */
async function holdings(
  { channels, hub, profiles, series, sessions, conversations }: Services,
): Promise<Holdings> {
  const [held, ...counts] = await Promise.all([
    channels.summary(),
    profiles.count(),
    series.count(),
    sessions.count(),
    conversations.statistics.count(),
  ]);
  return {
    ...held,
    subscribers: hub.size,
    profiles: counts[0],
    series: counts[1],
    sessions: counts[2],
    conversations: counts[3],
  };
}

export async function showHealth({ services }: Call): Promise<Response> {
  const { channels: count } = await services.channels.summary();
  return text(`OK (${count} channels)`);
}

export async function sweepNow({ request, services }: Call): Promise<Response> {
  return json({ expired: await services.channels.sweep(request.signal) });
}
