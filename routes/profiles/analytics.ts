/** Analytics: what the accounts of an app are like and what they do. */
import { type AnalyticsQuery, AppPath } from "../../api/profiles.ts";
import { invalidPart } from "../../domain/errors.ts";
import { check } from "../request.ts";
import { json } from "../respond.ts";
import { type Call, param } from "../route.ts";

export async function listApps({ services }: Call): Promise<Response> {
  return json({ apps: await services.analytics.apps() });
}

export async function showAnalytics(call: Call<typeof AnalyticsQuery>): Promise<Response> {
  const { query: { trait, limit, field, event, cursor }, services: { analytics } } = call;
  const { app } = check({ app: param(call, "app") }, AppPath);
  const asked = Object.entries({ trait, field, event }).filter(([, value]) => value !== undefined);
  if (asked.length > 1) throw invalidPart(asked[1]![0], `it does not go with ${asked[0]![0]}`);
  const page = { after: cursor ?? "", limit };
  if (field !== undefined) return json(await analytics.values(app, field, page));
  if (event !== undefined) return json(await analytics.contexts(app, event, page));
  if (cursor !== undefined) throw invalidPart("cursor", "it goes with field or event");
  return json(await analytics.app(app, limit, trait));
}
