/** API keys over HTTP, for administrators: the secret of a key is answered once, when it is made. */
import type { z } from "zod";
import { ApiKeyList, MadeKey, NewKeyBody } from "../../api/operation.ts";
import type { Scope } from "../../domain/access/keys.ts";
import { invalid, RunnelError } from "../../domain/errors.ts";
import { DAY_MS, iso } from "../../domain/time.ts";
import { secretOf } from "../gate.ts";
import { MAX_JSON_BYTES, readJson } from "../request.ts";
import { json, noContent } from "../respond.ts";
import { type Call, param, type RouteReference } from "../route.ts";

const EXAMPLE: z.input<typeof NewKeyBody> = { name: "sensors", scopes: ["channels:write"], days: 365 };

export const LIST_KEYS: RouteReference = {
  summary: "The API keys",
  description: "By name, without their secrets.",
  answers: { 200: { description: "The keys.", schema: ApiKeyList } },
};
export const ADD_KEY: RouteReference = {
  summary: "Make an API key",
  description: "The first key needs the scope `admin`: from then on nobody is let in without a key.",
  body: { schema: NewKeyBody, example: EXAMPLE },
  answers: { 201: { description: "The key, with its secret.", schema: MadeKey } },
  errors: ["invalid-request", "too-large", "unsupported-media-type"],
};
export const REVOKE_KEY: RouteReference = {
  summary: "Revoke an API key",
  description: "At once. When the last one is revoked nobody is let in until one is made: `runnel keys add`.",
  answers: { 204: { description: "It is useless." } },
  errors: ["key-not-found"],
};

export async function listKeys({ services }: Call): Promise<Response> {
  return json({
    keys: (await services.keys.list()).map(({ name, scopes, createdAt, expiresAt, usedAt }) => ({
      name,
      scopes,
      created: iso(createdAt),
      ...(expiresAt !== null && { expires: iso(expiresAt) }),
      ...(usedAt !== null && { used: iso(usedAt) }),
    })),
  });
}

export async function addKey(call: Call): Promise<Response> {
  const { request, services: { keys, audit, clock } } = call;
  const { name, scopes, days } = await readJson(call, NewKeyBody, MAX_JSON_BYTES);
  const actor = keys.nameOf(secretOf(request)) ?? "without a key";
  if (!scopes.includes("admin") && (await keys.list()).length === 0) {
    throw invalid("the first key needs the scope admin, to make others with", [
      { path: "scopes", message: "must have admin" },
    ]);
  }
  const expiresAt = days === undefined ? null : Math.round(clock() + days * DAY_MS);
  const secret = await keys.add(name, scopes as Scope[], expiresAt);
  await audit.record(actor, "add key", `${name} (${scopes})`);
  return json({ name, scopes, ...(expiresAt !== null && { expires: iso(expiresAt) }), secret }, 201, {
    "Cache-Control": "no-store",
  });
}

export async function revokeKey(call: Call): Promise<Response> {
  const name = param(call, "name");
  if (await call.services.keys.revoke(name)) return noContent();
  throw new RunnelError("key-not-found", `there is no key named ${JSON.stringify(name)}`);
}
