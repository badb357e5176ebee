/** A line of the log for each request, and the id of the request in its answer. */
import type { ApiKeys } from "../../domain/access/keys.ts";
import type { Log } from "../../domain/log.ts";
import { oneLine } from "../../domain/one_line.ts";
import { secretOf } from "../gate.ts";
import { givenId, requestIdOf, withId } from "./request_id.ts";
import { iso } from "../../domain/time.ts";

/** What is logged of requests. */
export interface RequestLogOptions {
  readonly keys: ApiKeys;
  readonly logRequests: boolean;
  readonly log: Log;
}

type Fetch<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Response | Promise<Response>;

/** The same application, which answers the id that a client gave, and logs requests where that is wanted. */
export function logging<Rest extends unknown[]>(
  fetch: Fetch<Rest>,
  { keys, logRequests, log }: RequestLogOptions,
): Fetch<Rest> {
  if (!logRequests) {
    return (request, ...rest) => {
      const id = givenId(request), answer = fetch(request, ...rest);
      if (id === undefined) return answer;
      return answer instanceof Promise ? answer.then((answer) => withId(answer, id)) : withId(answer, id);
    };
  }
  return async (request, ...rest) => {
    const started = performance.now(), time = iso(Date.now());
    const answer = await fetch(request, ...rest);
    const id = requestIdOf(request), millis = (performance.now() - started).toFixed(1);
    const { method } = request, { status } = answer, key = keys.nameOf(secretOf(request));
    const path = oneLine(pathOf(request.url));
    log(`${time} ${method} ${path} ${status} ${millis}ms ${id} ${key ?? "-"}`, {
      ...{
        message: `${method} ${path} ${status}`,
        method,
        path,
        status,
        millis: Number(millis),
        requestId: id,
      },
      ...(key !== undefined && { key }),
    });
    return withId(answer, id);
  };
}

/** The path alone, as people read it: a query may hold a key. */
function pathOf(url: string): string {
  const { pathname } = new URL(url);
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
