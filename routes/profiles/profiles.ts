/** Profiles: update, read, forget. */
import type { Context } from "hono";
import { z } from "zod";
import { Name } from "../../domain/profiles/names.ts";
import { ProfileBody } from "../../domain/profiles/profile_body.ts";
import type { Services } from "../services.ts";
import { check, readJson } from "../request.ts";
import { emptyPage, json, noContent } from "../respond.ts";
import { param, type Route } from "../route.ts";

const PATH = "/profile/:app/:account";
const AccountParameters = z.object({ app: Name, account: Name });

const SEED = { twitter: { id: "456" }, foursquare: { id: 789 } };

export function profileRoutes({ profiles }: Pick<Services, "profiles">): Route[] {
  const updating = {
    path: PATH,
    scope: "profiles:write",
    summary: "Update a profile",
    reference: {
      description:
        "Stores what social services say of an account. Accounts that share an id of a service, in any app, " +
        "are of one person, whose profile is theirs.",
      body: { schema: ProfileBody, example: SEED },
      answers: { 200: { type: "text/html", description: "Stored. The answer is empty." } },
      errors: ["unsupported-media-type", "too-large"],
    },
    handle: update,
  } as const;
  return [
    { method: "PUT", ...updating },
    { method: "POST", ...updating },
    {
      method: "GET",
      path: PATH,
      scope: "profiles:read",
      summary: "Read a profile",
      reference: {
        answers: {
          200: {
            description: "What all accounts of the person say. Only fields that are known appear.",
            example: { demographics: { age: 31, gender: "male" }, keywords: ["coffee"] },
          },
        },
        errors: ["profile-not-found"],
      },
      handle: read,
    },
    {
      method: "DELETE",
      path: PATH,
      scope: "profiles:write",
      summary: "Forget an account",
      reference: {
        description: "Forgets what the account said, its events, and its share of every count.",
        answers: { 204: { description: "Forgotten." } },
        errors: ["profile-not-found"],
      },
      handle: remove,
    },
  ];

  async function update(context: Context): Promise<Response> {
    const name = accountOf(context);
    await profiles.update(name, await readJson(context.req.raw, ProfileBody));
    return emptyPage();
  }

  async function read(context: Context): Promise<Response> {
    return json(await profiles.get(accountOf(context)));
  }

  async function remove(context: Context): Promise<Response> {
    await profiles.remove(accountOf(context));
    return noContent();
  }
}

function accountOf(context: Context): z.output<typeof AccountParameters> {
  return check({ app: param(context, "app"), account: param(context, "account") }, AccountParameters);
}
