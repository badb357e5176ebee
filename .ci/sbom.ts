/**
 * The program's bill of materials in CycloneDX 1.6 JSON: `deno task sbom`. A lock makes one document: it names no moment.
 * Format: https://cyclonedx.org/docs/1.6/json/
 */
import { licenceOf, type Package, type Packages, readPackages } from "./packages.ts";
import { VERSION } from "../domain/version.ts";

const PROGRAM = `pkg:generic/runnel@${VERSION}`;

/** The document. `licenceOf`: the SPDX expression of a package, where it is known. */
export async function billOfMaterials(
  { direct, all }: Packages,
  licenceOf: (one: Package) => Promise<string | undefined>,
) {
  const references = (keys: readonly string[]) => [...new Set(keys.map((key) => purl(all.get(key)!)))].sort();
  // The same version with other peers is one component.
  const components = new Map([...all.values()].map((one) => [purl(one), one]));
  const sorted = [...components].sort(([a], [b]) => a < b ? -1 : 1);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": PROGRAM,
        name: "runnel",
        version: VERSION,
        licenses: [{ expression: "MIT" }],
      },
    },
    components: await Promise.all(sorted.map(async ([reference, one]) => {
      const [scope, name] = one.name.startsWith("@") ? one.name.split("/") : [undefined, one.name];
      const licence = await licenceOf(one);
      return {
        type: "library",
        "bom-ref": reference,
        ...(scope !== undefined && { group: scope }),
        name,
        version: one.version,
        hashes: [{ alg: "SHA-512", content: hexOf(one.integrity) }],
        ...(licence !== undefined && { licenses: [{ expression: licence }] }),
        purl: reference,
      };
    })),
    dependencies: [
      { ref: PROGRAM, dependsOn: references(direct) },
      ...sorted.map(([ref, { needs }]) => ({ ref, dependsOn: references(needs) })),
    ],
  };
}

/** Address of a package: https://github.com/package-url/purl-spec */
function purl({ name, version }: Package): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function hexOf(integrity: string): string {
  if (!integrity.startsWith("sha512-")) throw new Error(`deno.lock has another hash: ${integrity}`);
  return Uint8Array.fromBase64(integrity.slice("sha512-".length)).toHex();
}

if (import.meta.main) {
  console.log(JSON.stringify(await billOfMaterials(await readPackages(), licenceOf), null, 2));
}
