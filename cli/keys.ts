/** `runnel keys`: make, list and revoke API keys in the configured database. */
import { type Command, InvalidArgumentError } from "commander";
import type { KeyRow } from "../db/keys.ts";
import { duration } from "../api/parameters.ts";
import { COMMAND_LINE } from "../domain/access/audit.ts";
import { type Scope, SCOPES } from "../domain/access/keys.ts";
import { isDots } from "../domain/names.ts";
import { DAY_MS, iso } from "../domain/time.ts";
import { table } from "./terminal/table.ts";
import type { Terminal } from "./terminal/terminal.ts";

const GRACE = duration(90 * DAY_MS, "");
const NOBODY = "There is no key any more: nobody is let in until you make one, or set ALLOW_ANONYMOUS=true.";

export function addKeyCommands(program: Command, { out, withServices }: Terminal): void {
  const keys = program.command("keys").description("API keys of the configured database");

  keys.command("add").description("make a key and print it, once")
    .argument("<name>", "what the key is called", keyName)
    .requiredOption("--scopes <list>", `what it may do, separated by commas: ${SCOPES.join(", ")}`, scopeList)
    .option("--days <number>", "expire after so many days", positiveNumber)
    .action(async (name: string, { scopes, days }: { scopes: Scope[]; days?: number }) => {
      const secret = await withServices(async ({ keys, audit, clock }) => {
        const made = await keys.add(
          name,
          scopes,
          days === undefined ? null : Math.round(clock() + days * DAY_MS),
        );
        await audit.record(COMMAND_LINE, "add key", `${name} (${scopes})`);
        return made;
      });
      out(`${secret}\n`);
    });

  keys.command("rotate").description("give a key another secret and print it, once").argument(
    "<name>",
    "what the key is called",
  )
    .option("--grace <duration>", "for how long the secret before is good, such as 24h", graceOf, 0)
    .action(async (name: string, { grace }: { grace: number }) => {
      const secret = await withServices(async ({ keys, audit }) => {
        const made = await keys.rotate(name, grace);
        await audit.record(COMMAND_LINE, "rotate key", name);
        return made;
      });
      out(`${secret}\n`);
    });

  keys.command("list").description("list the keys, without their secrets").action(async () => {
    const [all, existed] = await withServices(async ({ keys }) => [await keys.list(), await keys.exist()]);
    if (all.length === 0 && existed) out(`${NOBODY}\n`);
    else if (all.length === 0) out("There are no keys: everybody on this machine may do everything.\n");
    else out(table([["NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED"], ...all.map(cells)]));
  });

  keys.command("revoke").description("make a key useless, at once").argument(
    "<name>",
    "what the key is called",
  )
    .action(async (name: string) => {
      const [isRevoked, left] = await withServices(async ({ keys, audit }) => {
        const isRevoked = await keys.revoke(name);
        if (isRevoked) await audit.record(COMMAND_LINE, "revoke key", name);
        return [isRevoked, (await keys.list()).length];
      });
      if (!isRevoked) throw new Error(`there is no key named ${name}`);
      out(`The key ${name} is revoked.\n`);
      if (left === 0) out(`${NOBODY}\n`);
    });
}

function cells({ name, scopes, createdAt, expiresAt, usedAt }: KeyRow): string[] {
  const day = (time: number) => iso(time).slice(0, 16).replace("T", " ");
  const hour = (time: number) => `${day(time).slice(0, 13)} h`;
  return [
    name,
    scopes.join(","),
    day(createdAt),
    expiresAt === null ? "never" : day(expiresAt),
    usedAt === null ? "never" : hour(usedAt),
  ];
}

function graceOf(text: string): number {
  const result = GRACE.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues[0]!.message);
}

function keyName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text) && !isDots(text)) return text;
  throw new InvalidArgumentError(
    "a name has 1 to 64 letters, digits, dots, hyphens and underscores, and is not . or ..",
  );
}

function scopeList(text: string): Scope[] {
  return text.split(",").map((part) => {
    const scope = SCOPES.find((known) => known === part.trim());
    if (scope === undefined) throw new InvalidArgumentError(`"${part}" is none of ${SCOPES.join(", ")}`);
    return scope;
  });
}

function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError("a number above 0");
}
