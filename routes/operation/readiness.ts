/** Whether the process can serve, for load balancers; and why not, for operators. */
import { Ready } from "../../api/system.ts";
import { within } from "../../db/within.ts";
import { RunnelError } from "../../domain/errors.ts";
import { CHECK_PATIENCE_MS } from "../../domain/operation/readiness.ts";
import { admissionOf, secretOf } from "../gate.ts";
import { json } from "../respond.ts";
import type { Call, RouteReference } from "../route.ts";

export const READY: RouteReference = {
  summary: "Whether the process can serve",
  description:
    "Whether the database answers and can be written, its schema is this program's, its disk has more room than " +
    "`DISK_RESERVE_BYTES`, nothing was found damaged since the start, jobs run, and the clock agrees with what is stored. An outcome is believed for a second, " +
    "the one of the channels for ten. `errors` of a refusal has the reasons, for keys with `metrics:read` or `admin`.",
  ignoresUnknown: true,
  answers: {
    200: {
      description: "It can.",
      schema: Ready,
      example: { ready: true, checks: ["schema", "writes", "disk", "damage", "jobs", "clock", "channels"] },
    },
  },
  errors: ["not-ready"],
};

export async function showReady(call: Call): Promise<Response> {
  const { readiness } = call.services;
  const issues = await readiness.look();
  if (issues.length === 0) return json({ ready: true, checks: readiness.names });
  const detail = "some checks fail: a key with metrics:read sees which";
  if (!await maySeeReasons(call)) throw new RunnelError("not-ready", detail);
  throw new RunnelError(
    "not-ready",
    issues.map(({ path, message }) => `${path}: ${message}`).join("; "),
    issues,
  );
}

/** While the database does not answer, the keys that were read last decide. */
async function maySeeReasons({ request, context, services }: Call): Promise<boolean> {
  const { keys } = services;
  if (!keys.isFresh) await within(CHECK_PATIENCE_MS, "the list of keys", keys.refresh()).catch(() => {});
  return keys.allows(secretOf(request), "metrics:read", admissionOf(context, services));
}
