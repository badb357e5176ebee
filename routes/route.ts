/** What every route says of itself: its address, the scope that a key needs for it, its reference, and its handler. */
import type { Context } from "hono";
import type { z } from "zod";
import type { KeyCheck } from "../domain/access/key_check.ts";
import type { Scope } from "../domain/access/keys.ts";
import type { ErrorCode } from "../domain/errors.ts";
import type { Services } from "./services.ts";
import type { Bodies } from "./serving/admission.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = typeof METHODS[number];

/** Whom a route lets in: an API key with a scope, a person who has logged in, or everybody. */
export type Access = Scope | "person" | "public";

/** A body as the API reference shows it: the schema is the one that validates. */
export interface BodyReference {
  /** Media type, `application/json` unless given. */
  readonly type?: string;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

/** What the API reference tells of a route. */
export interface RouteReference<Query extends z.ZodObject = z.ZodObject> {
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** One property for each query parameter; without it the route has none. What it does not name is refused. */
  readonly query?: Query;
  /** True for pages and probes: a parameter that is not known is ignored. */
  readonly ignoresUnknown?: boolean;
  readonly body?: BodyReference;
  /** By status: what a success answers. */
  readonly answers: Readonly<Record<number, BodyReference & { readonly description: string }>>;
  /** Refusals beyond those that any route may answer. */
  readonly errors?: readonly ErrorCode[];
}

/** One request on its way through a handler. */
export interface Call<Query extends z.ZodObject = z.ZodObject> {
  readonly request: Request;
  readonly services: Services;
  /** What the request's body may take. */
  readonly bodies: Bodies;
  /** The query parameters, as the route's reference reads them. */
  readonly query: z.output<Query>;
  readonly context: Context;
  /** Whom the route lets in. */
  readonly access: Access;
  /** Undefined unless the route checks keys `in-commit`: what the handler stores must depend on it. */
  readonly keyCheck?: KeyCheck | undefined;
}

/** Answers a request that the gate has let in. */
export type Handler<Query extends z.ZodObject = z.ZodObject> = (
  call: Call<Query>,
) => Response | Promise<Response>;

/**
 * Where a key is checked when the list of keys is too old: `before` the handler runs; `beside` it, for a handler that
 * only reads, so that both share a round trip; `in-commit`, by the one commit of a handler.
 */
export type KeyChecking = "before" | "beside" | "in-commit";

/** One route. HEAD is answered like GET, without the body. */
export interface Route {
  readonly method: Method;
  /** Hono's pattern; a slash at the end of the request's path is always allowed. */
  readonly path: string;
  readonly access: Access;
  readonly reference: RouteReference;
  readonly handle: Handler;
  readonly keyChecking: KeyChecking;
}

/** Makes a route of a method, on one line of an area's list. */
const routeOf = (method: Method) =>
<Query extends z.ZodObject>(
  path: string,
  access: Access,
  reference: RouteReference<Query>,
  handle: Handler<Query>,
  keyChecking: KeyChecking = "before",
): Route => ({ method, path, access, reference, handle: handle as unknown as Handler, keyChecking });

export const get = routeOf("GET");
export const post = routeOf("POST");
export const put = routeOf("PUT");
export const patch = routeOf("PATCH");
export const del = routeOf("DELETE");

/** The value of a path parameter, percent-decoded. */
export function param({ context }: Pick<Call, "context">, name: string): string {
  return context.req.param(name)!;
}

/** The address that this process's links begin with, for this request. */
export function baseOf({ services, request }: Pick<Call, "services" | "request">): string {
  return services.baseUrl(request);
}
