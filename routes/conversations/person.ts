/** Who asks: the person whose token a request carries. */
import type { LoggedIn } from "../../domain/conversations/people/tokens.ts";
import { bearerOf } from "../gate.ts";
import type { Call } from "../route.ts";

/** The person. No token, or one that is wrong, expired or revoked: `unauthorized`. */
export function userOf({ request, services }: Pick<Call, "request" | "services">): Promise<LoggedIn> {
  return services.conversations.accounts.whoIs(bearerOf(request.headers));
}
