/** The id of a request: the client's own X-Request-Id when it is sane, else a new one. */

const HEADER = "X-Request-Id";
/** What may stand in a log as it is. */
const SANE = /^[\w.:+/=-]{1,128}$/;

const ids = new WeakMap<Request, string>();

/** The id of a request, the same each time. */
export function requestIdOf(request: Request): string {
  let id = ids.get(request);
  if (id === undefined) ids.set(request, id = givenId(request) ?? crypto.randomUUID());
  return id;
}

/** The id that the client gave; undefined: none, or one that is not sane. */
export function givenId({ headers }: Request): string | undefined {
  const given = headers.get(HEADER);
  return given !== null && SANE.test(given) ? given : undefined;
}

/** The same answer with the request's id in its header. */
export function withId(answer: Response, id: string): Response {
  if (answer.status === 101) return answer;
  answer.headers.set(HEADER, id);
  return answer;
}
