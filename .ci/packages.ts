/** The npm packages that the program is made of: what deno.json names, and what deno.lock locks for it. */

/** A package as deno.lock has it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** As the lock writes it: `sha512-` and base64. */
  readonly integrity: string;
  /** The packages that it needs, by their keys in the lock. */
  readonly needs: readonly string[];
  /** The systems that it is made for; undefined: all of them. */
  readonly os: readonly string[] | undefined;
}

interface Locked {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
  readonly os?: readonly string[];
}

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, Locked>>;
}

/** What deno.json names, as keys of the lock, and all that follows from it, by key. */
export interface Packages {
  readonly direct: readonly string[];
  readonly all: ReadonlyMap<string, Package>;
}

const ROOT = new URL("../", import.meta.url);

/** Reads deno.json and deno.lock of the repository. */
export async function readPackages(): Promise<Packages> {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, ROOT)));
  const { imports } = await read("deno.json") as { imports: Record<string, string> };
  return packagesOf(Object.values(imports), await read("deno.lock"));
}

/** What follows from specifiers (`npm:zod@4.6.7`). A specifier or a need that the lock lacks is an error. */
export function packagesOf(specifiers: readonly string[], { specifiers: locked, npm }: Lock): Packages {
  const keys = Object.keys(npm);
  // The lock leaves out the version where there is one, and what only says which peers a version got.
  const keyOf = (need: string): string => {
    const key = need in npm
      ? need
      : keys.find((known) => known.startsWith(`${need}@`) || known.startsWith(`${need}_`));
    if (key === undefined) throw new Error(`deno.lock has no ${need}: deno install`);
    return key;
  };
  const direct = specifiers.map((specifier) => {
    const [, name] = /^npm:(.+)@/.exec(specifier) ?? [], version = locked[specifier];
    return keyOf(version === undefined ? specifier : `${name}@${version}`);
  });
  const all = new Map<string, Package>();
  const add = (key: string): void => {
    if (all.has(key)) return;
    const { integrity, dependencies = [], optionalDependencies = [], os } = npm[key]!;
    const needs = [...dependencies, ...optionalDependencies].map(keyOf);
    const [, name, version] = /^(.+?)@([^@_]+)/.exec(key)!;
    all.set(key, { name: name!, version: version!, integrity, needs, os });
    needs.forEach(add);
  };
  direct.forEach(add);
  return { direct, all };
}

/** The licence that a package names, as an SPDX expression; undefined: it is not installed here, or names none. */
export async function licenceOf({ name, version }: Package): Promise<string | undefined> {
  for (const folder of await folders()) {
    const text = await Deno.readTextFile(`${folder}/${name}/${version}/package.json`).catch(() => undefined);
    if (text === undefined) continue;
    const { license } = JSON.parse(text);
    return typeof license === "string" ? license : license?.type;
  }
  return undefined;
}

let known: Promise<string[]> | undefined;

/** Where `deno install` keeps packages: a folder for each registry. */
function folders(): Promise<string[]> {
  return known ??= (async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
    const entries = await Array.fromAsync(Deno.readDir(npmCache));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => `${npmCache}/${name}`);
  })();
}
