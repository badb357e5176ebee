/** Analytics: what the accounts of an app are like and what they do. */
import { type AnalyticsQuery, AppPath } from "../../api/profiles.ts";
import { check } from "../request.ts";
import { json } from "../respond.ts";
import { type Call, param } from "../route.ts";

export async function listApps({ services }: Call): Promise<Response> {
  return json({ apps: await services.analytics.apps() });
}

export async function showAnalytics(call: Call<typeof AnalyticsQuery>): Promise<Response> {
  const { app } = check({ app: param(call, "app") }, AppPath);
  return json(await call.services.analytics.app(app, call.query.trait));
}
