/** What every route says of itself: its address, the scope that a key needs for it, and how it answers. */
import type { Context } from "hono";
import type { Scope } from "../domain/keys/keys.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = typeof METHODS[number];

/** One route. HEAD is answered like GET, without the body. */
export interface Route {
  readonly method: Method;
  /** Hono's pattern; a slash at the end of the request's path is always allowed. */
  readonly path: string;
  /** What an API key must be allowed; `public`: no key is ever asked for. */
  readonly scope: Scope | "public";
  /** One line for the API reference. */
  readonly summary: string;
  handle(context: Context): Response | Promise<Response>;
}

/** The value of a path parameter, percent-decoded. */
export function param(context: Context, name: string): string {
  return context.req.param(name)!;
}
