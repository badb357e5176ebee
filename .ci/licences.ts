/** Holds the licence of every package of the program against those that it may ship with. */
import { licenceOf, type Package, readPackages } from "./packages.ts";

/** SPDX ids: permissive ones, and MPL-2.0, which asks for its own files only. */
const ALLOWED = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "MPL-2.0",
  "Unlicense",
];

/** Whether one of the licences that an expression offers is allowed; parts joined by AND must all be. */
export function isAllowed(expression: string): boolean {
  const offers = expression.replaceAll(/[()]/g, "").split(" OR ");
  return offers.some((offer) => offer.split(" AND ").every((id) => ALLOWED.includes(id)));
}

/** What the registry says of a package that is not installed here, because another system needs it. */
async function published({ name, version }: Package): Promise<string | undefined> {
  const { stdout } = await new Deno.Command("npm", { args: ["view", `${name}@${version}`, "license"] })
    .output();
  return new TextDecoder().decode(stdout).trim() || undefined;
}

if (import.meta.main) {
  const { all } = await readPackages();
  let refused = 0;
  for (const one of all.values()) {
    const licence = await licenceOf(one) ?? await published(one);
    if (licence !== undefined && isAllowed(licence)) continue;
    refused++;
    console.error(`${one.name} ${one.version}: ${licence ?? "no licence is known"}`);
  }
  console.log(`${all.size} packages, ${refused} with a licence that is not allowed`);
  if (refused > 0) Deno.exit(1);
}
