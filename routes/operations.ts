/** For operators and newcomers: health, the sweep on demand, and the first page. */
import type { Context } from "hono";
import { homePage } from "../dashboard/home.ts";
import type { Services } from "./app.ts";
import { accepts } from "./conditional.ts";
import type { BaseUrl } from "./request.ts";
import { html, json, text } from "./respond.ts";
import type { Route } from "./route.ts";

export function operationRoutes(
  { channels, hub }: Pick<Services, "channels" | "hub">,
  baseUrl: BaseUrl,
): Route[] {
  return [
    { method: "GET", path: "/", scope: "public", summary: "What this is and what it holds", handle: home },
    {
      method: "GET",
      path: "/health",
      scope: "public",
      summary: "Whether the database answers",
      handle: health,
    },
    {
      method: "POST",
      path: "/sweep",
      scope: "admin",
      summary: "Free the space of what has expired",
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
