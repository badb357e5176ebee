/** The API reference as an OpenAPI 3.1 document, made of what the routes say of themselves. */
import { z } from "zod";
import { EnvelopeRefusal, Problem } from "../api/problem.ts";
import { AREA_NAMES, AREAS } from "../domain/areas.ts";
import { type ErrorCode, ERRORS } from "../domain/errors.ts";
import { SCOPES } from "../domain/access/keys.ts";
import { speaksEnvelope } from "./envelope.ts";
import { STATUS } from "./errors.ts";
import { VERSION } from "../domain/version.ts";
import type { BodyReference, Route } from "./route.ts";

/** What any route may answer; any with a query; any that reads a body; any that asks for a key; any that writes. */
const OF_ANY: readonly ErrorCode[] = [
  "misdirected",
  "cross-site",
  "rate-limited",
  "overloaded",
  "internal",
  "unavailable",
];
const OF_QUERIES: readonly ErrorCode[] = ["invalid-request"];
const OF_BODIES: readonly ErrorCode[] = ["invalid-request", "too-large", "request-timeout"];
const OF_KEYS: readonly ErrorCode[] = ["unauthorized", "forbidden"];
const OF_WRITES: readonly ErrorCode[] = ["storage-full"];

/** What belongs to no area. */
const OPERATIONS = { name: "operations", description: "For operators and newcomers" } as const;

type Json = Record<string, unknown>;

/** The document for these routes. `about` is its description. */
export function openapiDocument(routes: readonly Route[], about: string): Json {
  const schemas = new NamedSchemas();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Runnel",
      version: VERSION,
      description: about,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...AREA_NAMES.map((name) => ({ name, description: AREAS[name].about })), OPERATIONS],
    paths,
    components: {
      schemas: schemas.all,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: `An API key, once there is one in the database. Scopes: ${SCOPES.join(", ")}.`,
        },
        keyInQuery: {
          type: "apiKey",
          in: "query",
          name: "access_token",
          description: "The same key, for GET in a browser that can set no header.",
        },
        person: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "The token of a person who has logged in at /api/auth.",
        },
      },
    },
  };
}

/** The schemas that have an id: each stands once, under `components`, and is referred to. */
class NamedSchemas {
  readonly all: Record<string, unknown> = {};

  of(schema: z.ZodType, io: "input" | "output"): Json {
    const { $schema: _, $defs, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    for (const [name, definition] of Object.entries($defs ?? {})) {
      const { id: _, ...named } = definition as Json;
      this.all[name] = referring(named);
    }
    const { id, ...inline } = referring(rest) as Json;
    if (typeof id !== "string") return inline;
    this.all[id] = inline;
    return { $ref: `#/components/schemas/${id}` };
  }
}

function referring<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function operation(route: Route, schemas: NamedSchemas): Json {
  const { method, path, reference } = route;
  return {
    operationId: operationId(method, path),
    tags: [sectionOf(route)],
    summary: reference.summary,
    ...(reference.description !== undefined && { description: reference.description }),
    security: securityOf(route),
    parameters: [...pathParameters(path), ...queryParameters(reference.query, schemas)],
    ...(reference.body !== undefined &&
      { requestBody: { required: true, content: content(reference.body, "input", schemas) } }),
    responses: { ...answers(route, schemas), ...refusals(route, schemas) },
  };
}

/** An empty requirement: while there is no key at all, none is asked for. */
function securityOf({ access, method }: Route): Json[] {
  if (access === "public") return [];
  if (access === "person") return [{ person: [] }];
  return [{}, { key: [access] }, ...method === "GET" ? [{ keyInQuery: [access] }] : []];
}

/** Under which heading a route stands: its area, by its address. */
function sectionOf({ path }: Route): string {
  return AREA_NAMES.find((name) => AREAS[name].addresses.test(path)) ?? OPERATIONS.name;
}

function operationId(method: string, path: string): string {
  const words = path.replace(/\{[^}]*\}/g, "").split(/[^A-Za-z0-9]+/).filter(Boolean);
  return [method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join("");
}

function pathParameters(path: string): Json[] {
  return Array.from(path.matchAll(/:(\w+)(?:\{([^}]*)\})?/g), ([, name, pattern]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", ...(pattern !== undefined && { pattern: `^${pattern}$` }) },
  }));
}

function queryParameters(query: z.ZodObject | undefined, schemas: NamedSchemas): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemas.of(query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name) && !query.shape[name]!.safeParse(undefined).success,
    ...(description !== undefined && { description }),
    schema,
  }));
}

function content(
  { type = "application/json", schema, example }: BodyReference,
  io: "input" | "output",
  schemas: NamedSchemas,
): Json {
  return {
    [type]: {
      schema: schema === undefined ? ofType(type) : schemas.of(schema, io),
      ...(example !== undefined && { example }),
    },
  };
}

/** What is known of a content that is not Runnel's own. */
function ofType(type: string): Json {
  if (/[/+]json$/.test(type)) return {};
  // Lines of JSON are text, not one document.
  const isText = type.startsWith("text/") || type.endsWith("ndjson");
  return { type: "string", ...(!isText && { format: "binary" }) };
}

function answers({ reference }: Route, schemas: NamedSchemas): Json {
  return Object.fromEntries(
    Object.entries(reference.answers).map(([status, answer]) => {
      const { description, type, schema, example } = answer;
      const hasBody = type !== undefined || schema !== undefined || example !== undefined;
      return [status, { description, ...(hasBody && { content: content(answer, "output", schemas) }) }];
    }),
  );
}

/** The codes of the refusals that a route may answer. */
export function refusalCodes({ method, access, reference }: Route): ReadonlySet<ErrorCode> {
  return new Set([
    ...reference.errors ?? [],
    ...access === "public" ? [] : OF_KEYS,
    ...reference.ignoresUnknown ? [] : OF_QUERIES,
    ...reference.body === undefined ? [] : OF_BODIES,
    ...method === "GET" ? [] : OF_WRITES,
    ...OF_ANY,
  ]);
}

function refusals(route: Route, schemas: NamedSchemas): Json {
  const form = speaksEnvelope(route.path)
    ? { "application/json": { schema: schemas.of(EnvelopeRefusal, "output") } }
    : { "application/problem+json": { schema: schemas.of(Problem, "output") } };
  const byStatus = Map.groupBy(refusalCodes(route), (code) => STATUS[code]);
  return Object.fromEntries(
    Array.from(byStatus, ([status, codes]) => [status, {
      description: codes.map((code) => `${ERRORS[code]} (\`${code}\`)`).join("; or: "),
      content: form,
    }]),
  );
}
