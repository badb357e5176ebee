/** Holds every answer that a test receives against what the API reference says of its route. */
import { equal, ok } from "./assert.ts";
import { TrieRouter } from "hono/router/trie-router";
import { EnvelopeRefusal, Problem } from "../../api/problem.ts";
import { ROUTES } from "../../routes/app.ts";
import { speaksEnvelope } from "../../routes/envelope.ts";
import { STATUS } from "../../routes/errors.ts";
import { refusalCodes } from "../../routes/openapi.ts";
import type { Route } from "../../routes/route.ts";

/** Answers longer than this are left to the tests that ask for them: a second copy of each would cost too much. */
const MAX_CHECKED_BYTES = 1 << 20;

const router = new TrieRouter<Route>();
for (const route of ROUTES) router.add(route.method, route.path, route);

/** Fails when the status, the type or the JSON of an answer is not what the reference of its route says. */
export async function checkAnswer(method: string, url: string, answer: Response): Promise<void> {
  const path = new URL(url).pathname.replace(/(.)\/$/, "$1");
  const [route] = router.match(method === "HEAD" ? "GET" : method, path)[0].map(([route]) => route);
  const name = `${method} ${path} → ${answer.status}`;
  if (answer.status >= 400) return await checkRefusal(name, path, route, answer);
  if (route === undefined) return equal(method, "OPTIONS", name);
  const documented = route.reference.answers[answer.status];
  ok(documented !== undefined || answer.status === 304, `${name}: the reference does not know this status`);
  const type = answer.headers.get("content-type");
  if (method === "HEAD" || documented?.schema === undefined || type !== "application/json") return;
  if (answer.headers.has("content-encoding")) return;
  if (Number(answer.headers.get("content-length") ?? 0) > MAX_CHECKED_BYTES) return;
  const copy = answer.clone();
  const { success, error } = documented.schema.safeParse(await copy.json());
  ok(success, `${name} is not what the reference says: ${error?.message}`);
}

async function checkRefusal(name: string, path: string, route: Route | undefined, answer: Response) {
  const isEnvelope = speaksEnvelope(path);
  equal(
    answer.headers.get("content-type"),
    isEnvelope ? "application/json" : "application/problem+json",
    name,
  );
  if (route !== undefined) {
    const documented = Array.from(refusalCodes(route), (code) => STATUS[code]);
    ok(documented.includes(answer.status), `${name}: the reference does not know this refusal`);
  }
  if (answer.body === null) return;
  const { success, error } = (isEnvelope ? EnvelopeRefusal : Problem).safeParse(await answer.clone().json());
  ok(success, `${name} is not what the reference says: ${error?.message}`);
}
