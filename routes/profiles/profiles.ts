/** Profiles: update, read, forget. */
import type { z } from "zod";
import { AccountPath, ServicePath, Split } from "../../api/profiles.ts";
import { ProfileBody } from "../../domain/profiles/profile_body.ts";
import { check, hasBody, readJson } from "../request.ts";
import { emptyPage, json, noContent } from "../respond.ts";
import { type Call, param } from "../route.ts";

export async function updateProfile(call: Call): Promise<Response> {
  const name = accountOf(call);
  await call.services.profiles.update(name, await readJson(call, ProfileBody));
  return emptyPage();
}

export async function readProfile(call: Call): Promise<Response> {
  return json(await call.services.profiles.get(accountOf(call)));
}

export async function removeProfile(call: Call): Promise<Response> {
  await call.services.profiles.remove(accountOf(call));
  return noContent();
}

export async function removeIds(call: Call): Promise<Response> {
  const path = { app: param(call, "app"), account: param(call, "account"), service: param(call, "service") };
  const { service, ...name } = check(path, ServicePath);
  await call.services.profiles.removeIds(name, service);
  return noContent();
}

export async function splitLinks(call: Call): Promise<Response> {
  const query = hasBody(call.request) ? await readJson(call, Split) : {};
  return json({ split: await call.services.profiles.split(accountOf(call), query) });
}

function accountOf(call: Call): z.output<typeof AccountPath> {
  return check({ app: param(call, "app"), account: param(call, "account") }, AccountPath);
}
