/** The audit log: read by administrators, written by the gate for every deletion and restoring. */
import { AuditList, AuditQuery } from "../../api/system.ts";
import { describeError } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import { json } from "../respond.ts";
import { baseOf, type Call, type Route, type RouteReference } from "../route.ts";
import type { Services } from "../services.ts";

export const AUDIT: RouteReference<typeof AuditQuery> = {
  summary: "Who did what with keys, users and data",
  description:
    "The newest first. Entries are made of keys and users that are made, changed and removed, of every deletion over " +
    "HTTP, of series and databases that are restored; they are kept for 400 days.",
  query: AuditQuery,
  answers: { 200: { description: "Entries.", schema: AuditList } },
};

export async function listAudit(call: Call<typeof AuditQuery>): Promise<Response> {
  const { limit, before } = call.query;
  const found = await call.services.audit.list(limit + 1, before);
  const entries = found.slice(0, limit), address = `${baseOf(call)}/audit`;
  return json({
    _links: {
      self: { href: address },
      ...(found.length > limit &&
        { next: { href: `${address}?limit=${limit}&before=${entries.at(-1)!.id}` } }),
    },
    entries: entries.map(({ at, ...entry }) => ({ ...entry, time: iso(at) })),
  });
}

/** Whether what a route does is kept in the audit log. */
export function isAudited({ method, path }: Route): boolean {
  return method === "DELETE" || path.endsWith("/restore");
}

/** What the audit log names: the address, without the name of an account, which must be forgotten altogether. */
function subjectOf({ path }: Route, address: string): string {
  const account = path.split("/").indexOf(":account");
  return account < 0 ? address : [...address.split("/").slice(0, account), ":account"].join("/");
}

/** The same answer, after the audit log has what was done. `actor`: name of the key that was shown. */
export async function audited(
  answer: Response | Promise<Response>,
  route: Route,
  req: { readonly method: string; readonly path: string },
  { audit, log }: Services,
  actor = "without a key",
): Promise<Response> {
  const { ok } = await answer;
  if (ok) {
    // It is done and cannot be taken back: whoever asked for it must hear so.
    await audit.record(actor, req.method === "DELETE" ? "delete" : "restore", subjectOf(route, req.path))
      .catch((error) => log(`audit: ${req.method} ${route.path} by ${actor}: ${describeError(error)}`));
  }
  return answer;
}
