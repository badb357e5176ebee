/** What is answered where no route is. */
import { RunnelError } from "../../domain/errors.ts";
import { refusalAt } from "../envelope.ts";
import { METHODS, type Route } from "../route.ts";
import { PathRouter } from "./path_router.ts";

/** Makes what answers 404, or 405 (204 to OPTIONS) where another method would be answered. */
export function createNothingHere(routes: readonly Route[]): (method: string, path: string) => Response {
  const allowedAt = allowedMethods(routes);
  return (method, path) => {
    const allowed = allowedAt(path).join(", ");
    const render = refusalAt(path);
    if (allowed === "") return render(new RunnelError("not-found", `there is nothing at ${path}`));
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { Allow: allowed } });
    const error = new RunnelError("method-not-allowed", `${method} is not allowed here, only ${allowed}`);
    return render(error, undefined, { Allow: allowed });
  };
}

/** Answers which methods a path has routes for. */
function allowedMethods(routes: readonly Route[]): (path: string) => string[] {
  const table = new PathRouter<true>();
  for (const { method, path } of routes) table.add(method, path, true);
  return (path) =>
    METHODS.filter((method) => table.match(method, path.replace(/(.)\/$/, "$1"))[0].length > 0)
      .flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
}
