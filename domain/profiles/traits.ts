/**
 * What an application itself knows of its accounts, under names of its own: `{"crm": {"id": 7, "plan": "pro"}}`. A trait
 * is kept as a field named by the JSON of its service and key; a second one says that there is a value, so that those
 * who have any are counted without reading all values.
 */

/** One service's object. */
interface ServiceFields {
  readonly service: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Social services: their fields are demographics or nothing. */
const SOCIAL = new Set(["facebook", "flickr", "foursquare", "github", "linkedin", "twitter"]);
const MAX_KEYS = 20;
const MAX_BYTES = 1024;
/** What is said of traits that are refused. */
export const WANTED_TRAITS =
  `a service has at most ${MAX_KEYS} fields beside its id, of at most 1 KiB each, with those that it said before`;

/** Values by service and key. */
export type Traits = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const encoder = new TextEncoder();

/** What is wrong with the traits of a service; undefined: nothing. */
export function traitIssue({ service, fields }: ServiceFields): string | undefined {
  const traits = traitsOf(service, fields);
  const isLarge = ([key, value]: [string, unknown]) =>
    encoder.encode(key).length + encoder.encode(JSON.stringify(value)).length > MAX_BYTES;
  return traits.length > MAX_KEYS || traits.some(isLarge) ? WANTED_TRAITS : undefined;
}

/** The fields that keep the traits of a service. A null says nothing. */
export function readTraits({ service, fields }: ServiceFields): Record<string, string> {
  return Object.fromEntries(
    traitsOf(service, fields).flatMap(([key, value]) => [
      [JSON.stringify([service, key]), JSON.stringify(value)],
      [JSON.stringify([service, key, true]), ""],
    ]),
  );
}

/** How many traits an account may have of each of these services; undefined where they say none. */
export function traitBound(services: readonly ServiceFields[]) {
  const speaking = services.filter(({ service, fields }) => traitsOf(service, fields).length > 0);
  if (speaking.length === 0) return undefined;
  // As `readTraits` names them.
  const beginnings = speaking.map(({ service }) => `[${JSON.stringify(service)},`);
  return { beginnings, most: MAX_KEYS };
}

/** The traits among the fields of a profile, or undefined where there are none. */
export function showTraits(fields: Readonly<Record<string, string>>): Traits | undefined {
  const traits = Object.entries(fields).filter(([field, value]) => field.startsWith("[") && value !== "")
    .map(([field, value]) => [...JSON.parse(field) as [string, string], JSON.parse(value)] as const);
  if (traits.length === 0) return undefined;
  const byService = Map.groupBy(traits, ([service]) => service);
  return Object.fromEntries(
    Array.from(byService, ([service, some]) => [
      service,
      Object.fromEntries(some.map(([, key, value]) => [key, value])),
    ]),
  );
}

/** The fields that a name such as `crm.plan` may mean, with those that say that there is a value. */
export function traitFields(name: string): { values: string[]; presence: string[] } {
  const parts = name.split(".");
  const names = parts.slice(1).map((_, i) => [parts.slice(0, i + 1).join("."), parts.slice(i + 1).join(".")]);
  return {
    values: names.map((name) => JSON.stringify(name)),
    presence: names.map((name) => JSON.stringify([...name, true])),
  };
}

/** A value as a count shows it: a text as it is, anything else as JSON. */
export function shownValue(json: string): string {
  const value = JSON.parse(json);
  return typeof value === "string" ? value : json;
}

function traitsOf(service: string, fields: ServiceFields["fields"]): [string, unknown][] {
  if (SOCIAL.has(service)) return [];
  return Object.entries(fields).filter(([key, value]) => key !== "id" && value !== null);
}
