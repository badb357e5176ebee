/** The signed tokens that people get when they log in: JWT, HS256, without anything secret in them. */
import { randomBytes } from "node:crypto";
import { sign, verify } from "hono/jwt";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { PeopleStore } from "../../../db/conversations/people.ts";
import { RunnelError } from "../../errors.ts";

const HOUR_S = 3600;
/** Times are checked by the service's own clock. */
const UNTIMED = { alg: "HS256", exp: false, iat: false, nbf: false } as const;

const Claims = z.object({
  /** Token id, for revoking. */
  jti: z.string(),
  /** The person, as in `member.person`. */
  sub: z.string(),
  /** Issue time and expiry, in seconds since the epoch; `issued` is the first to the millisecond. */
  iat: z.number(),
  exp: z.number(),
  issued: z.number(),
});

type Claims = z.output<typeof Claims>;
/** Tokens whose signatures need no second look. */
const KEPT_TOKENS = 1000;

/** What a device shows that has logged in before; it lets nobody in by itself. */
const Device = z.object({ device: z.string(), name: z.string(), exp: z.number() });
const DEVICE_HOURS = 365 * 24;

/** Somebody who has shown a valid token. */
export interface LoggedIn {
  /** `own:NAME`, or `mattermost:USER_ID`. */
  readonly person: string;
  readonly token: { readonly id: string; readonly expiresAt: number };
}

/** What tokens are made with. */
export interface TokenOptions {
  readonly people: PeopleStore;
  readonly clock: () => number;
  /** Signs tokens; without one a secret is made and kept in the database. */
  readonly secret: string | undefined;
  /** How long a token is valid. */
  readonly hours: number;
}

/** Issues, checks and revokes tokens. */
export class Tokens {
  #secret: Promise<string> | undefined;
  /** Claims by token, of tokens with a valid signature: a person sends the same token with each request. */
  readonly #signed = new LRUCache<string, Claims>({ max: KEPT_TOKENS });

  constructor(readonly options: TokenOptions) {}

  async issue(person: string): Promise<string> {
    const issued = this.options.clock();
    const iat = Math.floor(issued / 1000);
    const claims = {
      jti: crypto.randomUUID(),
      sub: person,
      iat,
      exp: iat + this.options.hours * HOUR_S,
      issued,
    };
    return await sign(claims, await this.#key(), "HS256");
  }

  /** A token for a device on which that name has logged in, the one that it has or a new one. */
  async issueDevice(name: string, device: string = crypto.randomUUID()): Promise<string> {
    const exp = Math.floor(this.options.clock() / 1000) + DEVICE_HOURS * HOUR_S;
    return await sign({ device, name, exp }, await this.#key(), "HS256");
  }

  /** The device whose token that is; undefined when it is forged, expired, or of another name. */
  async deviceOf(token: string, name: string): Promise<string | undefined> {
    const payload = await verify(token, await this.#key(), UNTIMED).catch(() => undefined);
    const { success, data } = Device.safeParse(payload);
    return success && data.name === name && data.exp * 1000 > this.options.clock() ? data.device : undefined;
  }

  /** Who shows this token. None, forged, expired, revoked, or of a user who is gone: `unauthorized`. */
  async check(token: string | undefined): Promise<LoggedIn> {
    if (token === undefined) throw unauthorized("send a token: Authorization: Bearer TOKEN");
    const { jti, sub, exp, issued } = await this.#claims(token);
    if (exp * 1000 <= this.options.clock()) throw unauthorized("the token has expired: log in again");
    const ownName = sub.startsWith("own:") ? sub.slice("own:".length) : undefined;
    const { revoked, changedAt, voidedAt } = await this.options.people.standing(jti, ownName ?? "", sub);
    const outdated = ownName !== undefined && (changedAt === undefined || changedAt > issued);
    const voided = voidedAt !== undefined && voidedAt >= issued;
    if (revoked || outdated || voided) throw unauthorized("the token was revoked: log in again");
    return { person: sub, token: { id: jti, expiresAt: exp * 1000 } };
  }

  /** Makes the token useless from now on, in every process. */
  async revoke({ token }: LoggedIn): Promise<void> {
    await this.options.people.revoke(token.id, token.expiresAt);
  }

  async #claims(token: string): Promise<Claims> {
    const known = this.#signed.get(token);
    if (known !== undefined) return known;
    const secret = await this.#key();
    try {
      const claims = Claims.parse(await verify(token, secret, UNTIMED));
      this.#signed.set(token, claims);
      return claims;
    } catch (error) {
      throw new RunnelError("unauthorized", "the token is not valid: log in again", [], { cause: error });
    }
  }

  #key(): Promise<string> {
    const { secret, people } = this.options;
    if (secret !== undefined) return Promise.resolve(secret);
    return this.#secret ??= people.secret("token", randomBytes(32).toString("base64url")).catch((error) => {
      this.#secret = undefined;
      throw error;
    });
  }
}

function unauthorized(detail: string): RunnelError {
  return new RunnelError("unauthorized", detail);
}
