/** Reading the environment into one checked configuration. Nothing else reads the environment. */
import { type Config, VARIABLES } from "./variables.ts";

/** A variable has a value that is not allowed. The message names it, the value, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Values of these are not shown: they are passwords, or addresses that may hold one. */
const MAY_HOLD_SECRETS = /(SECRET|KEY|TOKENS?|_URL)$/;

/** What wins over DATABASE_URL: hosts set that for databases of their own. */
const INSTEAD = "RUNNEL_DATABASE_URL";

function foreignDatabase(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(text)?.[0];
  return scheme === undefined
    ? ""
    : `; its scheme is ${scheme}, of another kind of database: if a host sets it, set ${INSTEAD}, which wins`;
}

/** Reads and checks the variables; an empty one counts as absent. */
export function readConfig(
  read: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Config {
  const values: Record<string, unknown> = {};
  // Checked first, under its own name.
  const { RUNNEL_DATABASE_URL, ...others } = VARIABLES;
  for (const [name, { schema, initial }] of Object.entries({ RUNNEL_DATABASE_URL, ...others })) {
    const text = (name === "DATABASE_URL" && read(INSTEAD)) || read(name) || initial;
    if (text === undefined) continue;
    const result = schema.safeParse(text);
    if (!result.success) {
      const shown = MAY_HOLD_SECRETS.test(name)
        ? "is set to what is not allowed:"
        : `is ${JSON.stringify(text)}, but`;
      const advice = name === "DATABASE_URL" ? foreignDatabase(text) : "";
      throw new ConfigError(`${name} ${shown} must be ${result.error.issues[0]!.message}${advice}`);
    }
    values[name] = result.data;
  }
  if (values.DATABASE_SYNC_URL !== undefined && !String(values.DATABASE_URL).startsWith("file:")) {
    throw new ConfigError(
      "DATABASE_SYNC_URL is set, so DATABASE_URL must be file:PATH, the replica's local copy",
    );
  }
  return values as Config;
}

/** Takes the right to read the variables from the process: what runs in it later cannot look for secrets there. */
export function forgetVariables(): void {
  for (const variable of Object.keys(VARIABLES)) Deno.permissions.revokeSync({ name: "env", variable });
}

/** Every setting for those who run the process: no secrets, and addresses without names, passwords and queries. */
export function describeConfig(read: (name: string) => string | undefined = (name) => Deno.env.get(name)) {
  return Object.entries(VARIABLES).map(([name, { initial, about }]) => {
    const given = read(name) || undefined, isAddress = name.endsWith("_URL");
    const isSecret = MAY_HOLD_SECRETS.test(name) && !isAddress;
    const value = given === undefined ? initial || undefined : isAddress ? withoutSecrets(given) : given;
    const isShown = value !== undefined && !(isSecret && given !== undefined);
    return { name, ...(isShown && { value }), isSecret, isSet: given !== undefined, about };
  });
}

function withoutSecrets(address: string): string {
  if (address.startsWith("file:")) return address.replace(/\?.*$/s, "");
  if (!URL.canParse(address)) return "";
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
