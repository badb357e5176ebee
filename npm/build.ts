/**
 * Builds the package of the client: `deno task build:npm [FOLDER]`. Every module becomes JavaScript of its own; types
 * that the server's schemas give are written out, so that the package needs no other.
 */
import ts from "typescript";

const ROOT = new URL("../", import.meta.url);
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: [
    "lib.es2023.d.ts",
    "lib.esnext.array.d.ts",
    "lib.dom.d.ts",
    "lib.dom.iterable.d.ts",
    "lib.dom.asynciterable.d.ts",
  ],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  types: [],
};
/** What the client's modules import types from, beside each other. */
const ZOD = new URL(import.meta.resolve("zod")).pathname;

/** Writes the package into a folder. */
async function build(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const files = Array.from(Deno.readDirSync(new URL("client/", ROOT)), ({ name }) => name)
    .filter((name) => name.endsWith(".ts"));
  const program = programOf(files.map((name) => new URL(`client/${name}`, ROOT).pathname), {});
  const plain: Record<string, string> = {};
  for (const name of files) {
    const source = program.getSourceFile(new URL(`client/${name}`, ROOT).pathname)!;
    plain[`${folder}/${name}`] = withoutSchemas(source, program.getTypeChecker())
      .replace(/(from\s+"\.\/\w+)\.ts"/g, '$1.js"');
  }
  const typed = programOf(Object.keys(plain), plain, {
    noEmit: false,
    allowImportingTsExtensions: false,
    declaration: true,
    outDir: folder,
  });
  const problems = ts.getPreEmitDiagnostics(typed);
  if (problems.length > 0) {
    throw new Error(
      ts.formatDiagnostics(problems, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => folder,
        getNewLine: () => "\n",
      }),
    );
  }
  typed.emit(undefined, (path, text) => Deno.writeTextFileSync(path, text));
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(await description(), null, 2));
  await Deno.copyFile(new URL("LICENSE", ROOT), `${folder}/LICENSE`);
  await Deno.copyFile(new URL("npm/README.md", ROOT), `${folder}/README.md`);
}

async function description() {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return {
    name: "runnel-client",
    version,
    description: "The typed client of Runnel",
    license: "MIT",
    type: "module",
    exports: { ".": { types: "./mod.d.ts", default: "./mod.js" } },
    sideEffects: false,
    files: ["*.js", "*.d.ts"],
    engines: { node: ">=20" },
  };
}

function programOf(
  names: string[],
  texts: Record<string, string>,
  more: ts.CompilerOptions = {},
): ts.Program {
  const options = { ...OPTIONS, ...more };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => texts[path] ?? readFile(path);
  host.fileExists = (path) => path in texts || fileExists(path);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => {
      if (text.startsWith(".") && text.endsWith(".ts")) {
        const resolvedFileName = new URL(text, `file://${from}`).pathname;
        return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } };
      }
      return ts.resolveModuleName(text === "zod" ? ZOD : text, from, options, host);
    });
  return ts.createProgram(names, options, host);
}

/** A module in which every type that comes from a file of the server is written out. */
function withoutSchemas(source: ts.SourceFile, checker: ts.TypeChecker): string {
  const foreign = new Set<string>();
  const edits: { from: number; to: number; text: string }[] = [];
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const { text } = statement.moduleSpecifier as ts.StringLiteral;
    if (text.startsWith("./")) continue;
    edits.push({ from: statement.getStart(), to: statement.getEnd(), text: "" });
    const named = statement.importClause?.namedBindings;
    if (named === undefined) continue;
    for (const each of ts.isNamespaceImport(named) ? [named] : named.elements) foreign.add(each.name.text);
  }
  const visit = (node: ts.Node): void => {
    if (ts.isTypeAliasDeclaration(node) && node.typeParameters !== undefined && mentions(node, foreign)) {
      // A helper such as `DataOf<Envelope>`: its uses are written out.
      foreign.add(node.name.text);
      edits.push({ from: node.getStart(), to: node.getEnd(), text: "" });
    } else if (
      (ts.isTypeReferenceNode(node) || ts.isIndexedAccessTypeNode(node)) && mentions(node, foreign)
    ) {
      edits.push({ from: node.getStart(), to: node.getEnd(), text: writtenOut(node, checker) });
    } else ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, (node) => ts.isImportDeclaration(node) ? undefined : visit(node));
  let text = source.getFullText();
  for (const edit of edits.sort((a, b) => b.from - a.from)) {
    text = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  }
  return text;
}

function mentions(node: ts.Node, names: ReadonlySet<string>): boolean {
  if (ts.isIdentifier(node) && names.has(node.text)) return true;
  return ts.forEachChild(node, (child) => mentions(child, names)) ?? false;
}

function writtenOut(node: ts.TypeNode, checker: ts.TypeChecker): string {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
  const type = checker.getTypeFromTypeNode(node);
  const text = checker.typeToString(type, node, flags);
  if (/^(any|unknown)$/.test(text)) {
    throw new Error(`${node.getSourceFile().fileName}: ${node.getText()} has no type`);
  }
  return type.isUnion() || type.isIntersection() ? `(${text})` : text;
}

await build(Deno.args[0] ?? new URL("dist", ROOT).pathname);
