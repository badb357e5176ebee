/** The API reference as an OpenAPI 3.1 document, made of what the routes say of themselves. */
import { z } from "zod";
import { type ErrorCode, ERRORS } from "../domain/errors.ts";
import { SCOPES } from "../domain/access/keys.ts";
import { STATUS } from "./errors.ts";
import type { BodyReference, Route } from "./route.ts";

const PROBLEM = z.object({
  type: z.string().meta({ example: "urn:runnel:error:invalid-request" }),
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: "What was wrong this time, and what would be right." }),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional()
    .meta({ description: "Each wrong part." }),
  requestId: z.string().optional().meta({ description: "The log has more under this id." }),
});
/** What any route may answer, and what any that asks for a key may. */
const OF_ANY: readonly ErrorCode[] = ["internal", "unavailable"];
const OF_KEYS: readonly ErrorCode[] = ["unauthorized", "forbidden", "cross-site"];
const OF_WRITES: readonly ErrorCode[] = ["overloaded", "storage-full"];

const SECTIONS: Readonly<Record<string, string>> = {
  channels: "Append-only lists of items, in commit order",
  sessions: "Starts and ends of user sessions, and figures about them",
  operations: "For operators and newcomers",
};

type Json = Record<string, unknown>;

/** The document for these routes. `about` is its description. */
export function openapiDocument(routes: readonly Route[], about: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  const names = new Set(routes.map(sectionOf));
  return {
    openapi: "3.1.0",
    info: { title: "Runnel", version: "1", description: about, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: Array.from(names, (name) => ({ name, ...(SECTIONS[name] && { description: SECTIONS[name] }) })),
    paths,
    components: {
      schemas: { Problem: jsonSchema(PROBLEM, "output") },
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: `An API key, once there is one in the database. Scopes: ${SCOPES.join(", ")}.`,
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const { method, path, scope, summary, reference = {} } = route;
  return {
    operationId: operationId(method, path),
    tags: [sectionOf(route)],
    summary,
    ...(reference.description !== undefined && { description: reference.description }),
    // An empty requirement: while there is no key at all, none is asked for.
    ...(scope !== "public" && { security: [{}, { key: [scope] }] }),
    parameters: [...pathParameters(path), ...queryParameters(reference.query)],
    ...(reference.body !== undefined &&
      { requestBody: { required: true, content: content(reference.body, "input") } }),
    responses: { ...answers(route), ...refusals(route) },
  };
}

function sectionOf({ scope }: Route): string {
  return scope === "public" || scope === "admin" ? "operations" : scope.split(":", 1)[0]!;
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

function queryParameters(query: z.ZodObject | undefined): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

function content(
  { type = "application/json", schema, example }: BodyReference,
  io: "input" | "output",
): Json {
  return {
    [type]: {
      ...(schema !== undefined && { schema: jsonSchema(schema, io) }),
      ...(example !== undefined && { example }),
    },
  };
}

function answers({ reference }: Route): Json {
  const answers = Object.entries(reference?.answers ?? { 200: { description: "As the summary says." } });
  return Object.fromEntries(answers.map(([status, answer]) => {
    const { description, type, schema, example } = answer;
    const hasBody = type !== undefined || schema !== undefined || example !== undefined;
    return [status, { description, ...(hasBody && { content: content(answer, "output") }) }];
  }));
}

function refusals({ method, scope, reference }: Route): Json {
  const codes = new Set([
    ...reference?.errors ?? [],
    ...scope === "public" ? [] : OF_KEYS,
    ...method === "GET" ? [] : OF_WRITES,
    ...OF_ANY,
  ]);
  const byStatus = Map.groupBy(codes, (code) => STATUS[code]);
  return Object.fromEntries(
    Array.from(byStatus, ([status, codes]) => [status, {
      description: codes.map((code) => `${ERRORS[code]} (\`${code}\`)`).join("; or: "),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    }]),
  );
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
