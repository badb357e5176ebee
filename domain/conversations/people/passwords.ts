/** Passwords of own users, kept as scrypt (RFC 7914): `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { Batcher, DEFAULT_LIMITS } from "../../../db/queue.ts";

/** Cost as OWASP's password storage cheat sheet has it: 32 MB and three rounds. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const MAX_MEMORY = 64 << 20;

interface Derivation {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly cost: typeof COST;
}

/** A hash takes 32 MB, so only two are made at a time, and only so many may wait. */
const derivations = new Batcher<Derivation, Buffer>(
  (waiting) => Promise.all(waiting.map(derive)),
  { ...DEFAULT_LIMITS, maxBatch: 2, maxWaiting: 200 },
);

/** What is stored of a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derivations.submit({ password, salt, cost: COST });
  const { N, r, p } = COST;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Whether that is the stored password. Without one it answers false, in the time that a wrong one takes. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = "", hash = ""] = stored?.split("$") ?? [];
  const cost = stored === undefined ? COST : { N: Number(N), r: Number(r), p: Number(p) };
  const found = await derivations.submit({ password, salt: Buffer.from(salt, "base64url"), cost });
  const wanted = stored === undefined ? Buffer.alloc(HASH_BYTES) : Buffer.from(hash, "base64url");
  return timingSafeEqual(found, wanted) && stored !== undefined;
}

function derive({ password, salt, cost }: Derivation): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(
      password,
      salt,
      HASH_BYTES,
      { ...cost, maxmem: MAX_MEMORY },
      (error, hash) => error ? reject(error) : resolve(hash),
    )
  );
}
