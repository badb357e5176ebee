/** The body that updates a profile: what each service says of an account. */
import { z } from "zod";
import { traitIssue } from "./traits.ts";
import { isName, readId, WANTED_ID } from "./names.ts";

/** One service's object, with the id under which the service knows the account. */
export interface ServiceFields {
  readonly service: string;
  readonly id: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

const EXAMPLE = { twitter: { id: "456", lang: "en" }, foursquare: { id: 789 } };

/** Each service with its fields, in the order of the body. A plain schema, because a record would drop `__proto__`. */
export const ProfileBody = z.unknown().transform((body, context): ServiceFields[] => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (!isObject(body)) {
    refuse([], `an object of services is wanted, such as ${JSON.stringify(EXAMPLE)}`);
    return z.NEVER;
  }
  return Object.entries(body).map(([service, fields]) => {
    if (!isName(service)) refuse([service.slice(0, 50)], "a service's name has 1 to 200 characters");
    if (!isObject(fields)) {
      refuse([service], 'a service has an object of fields, such as {"id": "456"}');
      return { service, id: undefined, fields: {} };
    }
    const id = readId(fields.id);
    if (id === false) refuse([service, "id"], WANTED_ID);
    const read = { service, id: id || undefined, fields };
    const issue = traitIssue(read);
    if (issue !== undefined) refuse([service], issue);
    return read;
  });
}).meta({
  type: "object",
  additionalProperties: { type: "object" },
  description:
    "By service: an object with what it knows, and the account's `id` there (text or a whole number). Ids that " +
    "stand for nobody, such as an empty text, 0, `undefined`, `null`, `none`, `anonymous` or `NaN`, are left out.",
  example: EXAMPLE,
});

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
