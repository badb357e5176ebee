/** Logging in and out. */
import type { Context } from "hono";
import { z } from "zod";
import { MAX_PASSWORD } from "../../domain/conversations/accounts.ts";
import { UserName } from "../../domain/conversations/inbox.ts";
import type { Services } from "../services.ts";
import { envelope } from "./envelope.ts";
import { bearerOf } from "../gate.ts";
import { readJsonOfAnyType } from "../request.ts";
import type { Route } from "../route.ts";
import { renderPulse } from "./stats.ts";

const Credentials = z.object({
  username: UserName,
  password: z.string().min(1, "must not be empty").max(
    MAX_PASSWORD,
    `must have at most ${MAX_PASSWORD} characters`,
  ),
});

const EXAMPLE = {
  status: 200,
  data: {
    token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…",
    channels: [{ id: "town-square", name: "Town Square" }],
    pulse: [{ rate: 0.5, time: "2026-01-02T03:00:00.000Z" }, { rate: 1, time: "2026-01-02T03:05:00.000Z" }],
  },
  message: "OK",
};

export function authRoutes(
  { conversations: { accounts, statistics }, trustProxy }: Pick<Services, "conversations" | "trustProxy">,
): Route[] {
  return [
    {
      method: "POST",
      path: "/api/auth",
      scope: "public",
      summary: "Log in",
      reference: {
        description:
          "Mattermost checks the password where `MATTERMOST_URL` is set, else Runnel's own users. Answers a token for " +
          "/api/stats, the user's channels, and the pulse of all of them.",
        body: { schema: Credentials, example: { username: "ann", password: "correct horse" } },
        answers: { 200: { description: "The token, valid for TOKEN_HOURS", example: EXAMPLE } },
        errors: ["invalid-request", "unauthorized", "too-many-attempts", "login-unavailable"],
      },
      handle: logIn,
    },
    {
      method: "POST",
      path: "/api/auth/logout",
      scope: "public",
      summary: "Make the token useless",
      reference: {
        answers: {
          200: {
            description: "The token is revoked",
            example: { status: 200, data: {}, message: "logged out" },
          },
        },
        errors: ["unauthorized"],
      },
      handle: logOut,
    },
  ];

  async function logIn(context: Context): Promise<Response> {
    const { username, password } = await readJsonOfAnyType(context.req.raw, Credentials);
    const { person, token } = await accounts.logIn(username, password, addressOf(context));
    statistics.prepare();
    const channels = await statistics.channels(person);
    const pulse = renderPulse(await statistics.pulse(person, undefined));
    return envelope({ token, channels, pulse });
  }

  async function logOut({ req }: Context): Promise<Response> {
    await accounts.logOut(await accounts.whoIs(bearerOf(req.raw.headers)));
    return envelope({}, "logged out");
  }

  /** Behind a proxy, what the proxy itself added last; what stands before may be made up. */
  function addressOf({ req, env }: Context): string | undefined {
    const forwarded = trustProxy ? req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
    return forwarded || env.address?.();
  }
}
