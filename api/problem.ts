/** How refusals go over the wire. */
import { z } from "zod";

/** One thing wrong with a request: where, and what would be right. */
export const Issue = z.strictObject({ path: z.string(), message: z.string() });

/** A problem document (RFC 9457). */
export const Problem = z.strictObject({
  type: z.string().meta({
    description: "Names the kind of refusal, by the address on this server that explains it.",
    example: "/docs/errors#invalid-request",
  }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: "What was wrong this time, and what would be right." }),
  errors: z.array(Issue).optional().meta({ description: "Each wrong part." }),
  requestId: z.string().optional().meta({ description: "The log has more under this id." }),
}).meta({ id: "Problem" });

/** A refusal in the envelope of /api/auth and /api/stats. */
export const EnvelopeRefusal = z.strictObject({
  status: z.int(),
  data: z.union([z.strictObject({}), z.array(z.unknown()).max(0)]),
  message: z.string(),
  errors: z.array(Issue),
}).meta({ id: "EnvelopeRefusal" });
