/** Profiles: update, read, forget. */
import type { z } from "zod";
import { AccountPath } from "../../api/profiles.ts";
import { ProfileBody } from "../../domain/profiles/profile_body.ts";
import { check, readJson } from "../request.ts";
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

function accountOf(call: Call): z.output<typeof AccountPath> {
  return check({ app: param(call, "app"), account: param(call, "account") }, AccountPath);
}
