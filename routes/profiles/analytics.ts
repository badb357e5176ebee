/** Analytics: what the accounts of an app are like and what they do. */
import type { Context } from "hono";
import { z } from "zod";
import { Name } from "../../domain/profiles/names.ts";
import type { Services } from "../services.ts";
import { check } from "../request.ts";
import { json } from "../respond.ts";
import { param, type Route } from "../route.ts";

const App = z.object({ app: Name });

const EXAMPLE = {
  demographics: { gender: { male: 1, unknown: 0 } },
  accounts: 1,
  events: ["myevent"],
  contexts: { myevent: { foobar: 1 } },
  activeAccounts: { day: 1, week: 1, month: 1 },
};

export function analyticsRoutes({ analytics }: Pick<Services, "analytics">): Route[] {
  return [
    {
      method: "GET",
      path: "/analytics",
      scope: "profiles:read",
      summary: "List apps",
      reference: {
        answers: {
          200: { description: "Apps that have a profile or an event, sorted.", example: { apps: ["myapp"] } },
        },
      },
      handle: list,
    },
    {
      method: "GET",
      path: "/analytics/:app",
      scope: "profiles:read",
      summary: "Analytics of an app",
      reference: {
        description:
          "By field, how many accounts have each value; names and contexts of events; how many accounts " +
          "had an event in the last 24 hours, 7 days and 30 days. Zeros for an app that nobody mentioned.",
        answers: { 200: { description: "Counts.", example: EXAMPLE } },
      },
      handle: show,
    },
  ];

  async function list(): Promise<Response> {
    return json({ apps: await analytics.apps() });
  }

  async function show(context: Context): Promise<Response> {
    const { app } = check({ app: param(context, "app") }, App);
    return json(await analytics.app(app));
  }
}
