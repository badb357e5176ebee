import { deepEqual, equal, match, ok, throws } from "../support/assert.ts";
import { isAllowed } from "../../.ci/licences.ts";
import { packagesOf, readPackages } from "../../.ci/packages.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A lock with two versions of one package, a package with peers, and one that only tests need. */
const LOCK = {
  specifiers: { "npm:a@1.0.0": "1.0.0_b@2.0.0", "npm:test@1.0.0": "1.0.0" },
  npm: {
    "a@1.0.0_b@2.0.0": { integrity: "sha512-AA==", dependencies: ["b@2.0.0", "@s/c"] },
    "b@1.0.0": { integrity: "sha512-AQ==" },
    "b@2.0.0": { integrity: "sha512-Ag==" },
    "@s/c@3.0.0-r.1": { integrity: "sha512-Aw==", optionalDependencies: ["b@1.0.0"] },
    "test@1.0.0": { integrity: "sha512-BA==" },
  },
};

Deno.test("deno task sbom prints CycloneDX of all that deno.json needs, as deno.lock has it", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "sbom"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  const bill = JSON.parse(new TextDecoder().decode(stdout));
  equal(bill.bomFormat, "CycloneDX");
  equal(bill.specVersion, "1.6");
  equal(bill.metadata.component.name, "runnel");
  const { all, direct } = await readPackages();
  const known = new Set<string>();
  for (const { type, name, group, version, purl, hashes, "bom-ref": reference } of bill.components) {
    equal(type, "library");
    equal(purl, `pkg:npm/${group === undefined ? "" : `${group.replace("@", "%40")}/`}${name}@${version}`);
    equal(reference, purl);
    match(hashes[0].content, /^[0-9a-f]{128}$/);
    ok(!known.has(purl), `${purl} is listed twice`);
    known.add(purl);
  }
  for (const { name, version } of all.values()) {
    ok(known.has(`pkg:npm/${name.replace("@", "%40")}@${version}`));
  }
  const hono = bill.components.find(({ name }: { name: string }) => name === "hono");
  deepEqual(hono.licenses, [{ expression: "MIT" }]);
  for (const { dependsOn } of bill.dependencies) for (const one of dependsOn) ok(known.has(one), one);
  const program = bill.dependencies.find(({ ref }: { ref: string }) =>
    ref === bill.metadata.component["bom-ref"]
  );
  equal(program.dependsOn.length, direct.length);
});

Deno.test("packagesOf() follows the lock's ways to name a version, and leaves out what is not reached", () => {
  const { direct, all } = packagesOf(["npm:a@1.0.0"], LOCK);
  deepEqual(direct, ["a@1.0.0_b@2.0.0"]);
  deepEqual([...all.keys()].sort(), ["@s/c@3.0.0-r.1", "a@1.0.0_b@2.0.0", "b@1.0.0", "b@2.0.0"]);
  equal(all.get("@s/c@3.0.0-r.1")!.version, "3.0.0-r.1");
  throws(() => packagesOf(["npm:d@1.0.0"], LOCK), /deno\.lock has no npm:d@1\.0\.0/);
});

Deno.test("isAllowed() takes one of several licences, and all of those that are joined", () => {
  for (const fine of ["MIT", "(MIT OR GPL-3.0)", "MIT AND ISC"]) ok(isAllowed(fine), fine);
  for (const not of ["GPL-3.0-only", "MIT AND GPL-3.0", "SEE LICENSE IN LICENSE", ""]) {
    ok(!isAllowed(not), not);
  }
});
