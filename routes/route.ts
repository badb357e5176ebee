/** What every route says of itself: its address, the scope that a key needs for it, how it answers, and its reference. */
import type { Context } from "hono";
import type { z } from "zod";
import type { ErrorCode } from "../domain/errors.ts";
import type { Scope } from "../domain/access/keys.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = typeof METHODS[number];

/** A body as the API reference shows it: the schema is the one that validates. */
export interface BodyReference {
  /** Media type, `application/json` unless given. */
  readonly type?: string;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

/** What the API reference tells of a route beside its summary. */
export interface RouteReference {
  readonly description?: string;
  /** An object schema: one property for each query parameter. */
  readonly query?: z.ZodObject;
  readonly body?: BodyReference;
  /** By status: what a success answers. */
  readonly answers?: Readonly<Record<number, BodyReference & { readonly description: string }>>;
  /** Refusals beyond those that any route may answer. */
  readonly errors?: readonly ErrorCode[];
}

/** One route. HEAD is answered like GET, without the body. */
export interface Route {
  readonly method: Method;
  /** Hono's pattern; a slash at the end of the request's path is always allowed. */
  readonly path: string;
  /** What an API key must be allowed; `public`: no key is ever asked for. */
  readonly scope: Scope | "public";
  /** One line for the API reference. */
  readonly summary: string;
  readonly reference?: RouteReference;
  handle(context: Context): Response | Promise<Response>;
}

/** The value of a path parameter, percent-decoded. */
export function param(context: Context, name: string): string {
  return context.req.param(name)!;
}
