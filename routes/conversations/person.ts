/** Who asks: the person whose token a request carries. */
import type { LoggedIn } from "../../domain/conversations/people/tokens.ts";
import { bearerOf } from "../gate.ts";
import type { Call } from "../route.ts";

/** The person. No token, or one that is wrong, expired or revoked: `unauthorized`. */
export function userOf({ request, services }: Pick<Call, "request" | "services">): Promise<LoggedIn> {
  return services.conversations.accounts.whoIs(bearerOf(request.headers));
}

/** The time zone that a request names, else the person's own. */
export async function zoneOf(
  { services }: Pick<Call, "services">,
  person: string,
  named: string | undefined,
) {
  return named ?? await services.conversations.accounts.timezone(person);
}

/** Whether the client of a request still waits for its answer. */
export function presenceOf({ request: { signal } }: Pick<Call, "request">): () => boolean {
  return () => !signal.aborted;
}
