/**
 * The router of the application. Parts of a path, between slashes, are words or parameters, so one look a part finds the
 * route; Hono's own routers try every pattern that is possible there.
 */
import { type Result, type Router, UnsupportedPathError } from "hono/router";

type Params = Record<string, string>;

/** A route's path, up to one of its parts. */
class Node<Handler> {
  readonly words = new Map<string, Node<Handler>>();
  readonly parameters: Parameter<Handler>[] = [];
  /** By method: the handlers of a path that ends here. */
  readonly handlers = new Map<string, Handler[]>();
  /** By method: the handlers of every path below that has none of its own. */
  readonly rest = new Map<string, Handler[]>();
}

interface Parameter<Handler> {
  /** As it is written in the route, with its pattern. */
  readonly text: string;
  readonly name: string;
  /** Undefined: any part that is not empty. */
  readonly pattern: RegExp | undefined;
  readonly node: Node<Handler>;
}

/** `:name`, or `:name{regular expression}` of the whole part. */
const PARAMETER = /^:(\w+)(?:\{(.+)\})?$/;

/** The end of a route that takes every path below it. */
const REST = "/*";

/** Words go before parameters, parameters before `/*`; of two parameters, the one that was added first. */
export class PathRouter<Handler> implements Router<Handler> {
  readonly name = "PathRouter";
  readonly #root = new Node<Handler>();

  /** Throws `UnsupportedPathError` for what is no word, parameter or final `/*`, and for a handler of all methods. */
  add(method: string, path: string, handler: Handler): void {
    if (method === "ALL") throw new UnsupportedPathError(`${path}: a handler has one method`);
    const takesRest = path.endsWith(REST);
    const fixed = takesRest ? path.slice(1, -REST.length) : path.slice(1);
    const node = fixed.split("/").reduce(nodeBelow, this.#root);
    const handlers = takesRest ? node.rest : node.handlers;
    const others = handlers.get(method);
    if (others === undefined) handlers.set(method, [handler]);
    else others.push(handler);
  }

  match(method: string, path: string): Result<Handler> {
    const params: Params = {};
    const found = find(this.#root, method, path, 1, params) ?? [];
    return [found.map((handler): [Handler, Params] => [handler, params])];
  }
}

function nodeBelow<Handler>(node: Node<Handler>, part: string): Node<Handler> {
  const [, name, pattern] = PARAMETER.exec(part) ?? [];
  if (name === undefined) {
    if (/[:*{}?]/.test(part)) throw new UnsupportedPathError(part);
    const known = node.words.get(part) ?? new Node();
    node.words.set(part, known);
    return known;
  }
  const known = node.parameters.find(({ text }) => text === part);
  if (known !== undefined) return known.node;
  const added = {
    text: part,
    name,
    pattern: pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`),
    node: new Node<Handler>(),
  };
  node.parameters.push(added);
  return added.node;
}

/** The handlers of a path from `at` on, below a node; what its parameters are goes into `params`. */
function find<Handler>(
  node: Node<Handler>,
  method: string,
  path: string,
  at: number,
  params: Params,
): Handler[] | undefined {
  const slash = path.indexOf("/", at), part = slash < 0 ? path.slice(at) : path.slice(at, slash);
  const below = (next: Node<Handler>) =>
    slash < 0 ? next.handlers.get(method) : find(next, method, path, slash + 1, params);
  const word = node.words.get(part), found = word && below(word);
  if (found !== undefined) return found;
  for (const { name, pattern, node: next } of node.parameters) {
    if (part === "" || (pattern !== undefined && !pattern.test(part))) continue;
    const found = below(next);
    if (found === undefined) continue;
    params[name] = part;
    return found;
  }
  return node.rest.get(method);
}
