/** For operators and newcomers: health, the sweep on demand, and the first page. */
import type { Context } from "hono";
import { z } from "zod";
import { homePage } from "../dashboard/home.ts";
import type { Services } from "./services.ts";
import { accepts } from "./conditional.ts";
import type { BaseUrl } from "./request.ts";
import { html, json, text } from "./respond.ts";
import type { Route, RouteReference } from "./route.ts";

const Link = z.object({ href: z.url() });
const HOME: RouteReference = {
  description: "A page for browsers, JSON for programs.",
  answers: {
    200: {
      description: "What the process holds at the moment.",
      schema: z.object({
        name: z.literal("Runnel"),
        holds: z.object({ channels: z.int(), items: z.int(), subscribers: z.int() }),
        _links: z.object({ self: Link, channels: Link, health: Link }),
      }),
    },
  },
};
const HEALTH: RouteReference = {
  answers: { 200: { description: "It does.", type: "text/plain", example: "OK (3 channels)" } },
  errors: ["unavailable"],
};
const SWEEP: RouteReference = {
  description:
    "What has expired is invisible at once; this only frees its space, as a job does every five minutes.",
  answers: {
    200: {
      description: "How many expired items went.",
      schema: z.object({ expired: z.int() }),
      example: { expired: 0 },
    },
  },
};

export function operationRoutes(
  { channels, hub }: Pick<Services, "channels" | "hub">,
  baseUrl: BaseUrl,
): Route[] {
  return [
    {
      method: "GET",
      path: "/",
      scope: "public",
      summary: "What this is and what it holds",
      reference: HOME,
      handle: home,
    },
    {
      method: "GET",
      path: "/health",
      scope: "public",
      summary: "Whether the database answers",
      reference: HEALTH,
      handle: health,
    },
    {
      method: "POST",
      path: "/sweep",
      scope: "admin",
      summary: "Free the space of what has expired",
      reference: SWEEP,
      handle: sweep,
    },
  ];

  async function home({ req }: Context): Promise<Response> {
    const base = baseUrl(req.raw);
    const holds = { ...await channels.summary(), subscribers: hub.size };
    const accept = req.header("accept") ?? "";
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

  async function health(): Promise<Response> {
    const { channels: count } = await channels.summary();
    return text(`OK (${count} channels)`);
  }

  async function sweep({ req }: Context): Promise<Response> {
    return json({ expired: await channels.sweep(req.raw.signal) });
  }
}
