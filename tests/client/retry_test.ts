import { equal, rejects } from "../support/assert.ts";
import { RunnelClient, RunnelProblem } from "../../client/mod.ts";
import { until } from "../support/until.ts";

/** A client whose server answers so, one after the other; and how often it was asked. */
function clientOf(...answers: (() => Response)[]) {
  const asked: Request[] = [];
  const fetch = (request: Request) => {
    asked.push(request);
    return Promise.try(answers[Math.min(asked.length, answers.length) - 1]!);
  };
  return { runnel: new RunnelClient({ url: "http://runnel", fetch }), asked };
}

const busy = (seconds = "0") => () =>
  Response.json({ type: "/docs/errors#overloaded", detail: "wait" }, {
    status: 503,
    headers: { "Retry-After": seconds },
  });
const unreachable = () => {
  throw new TypeError("no answer");
};

Deno.test("a call that is safe to repeat is sent again after 503 and after no answer, with the same Idempotency-Key", async () => {
  const { runnel, asked } = clientOf(busy(), unreachable, () => Response.json({ id: "1" }));
  equal((await runnel.channels.post("news", "x")).id, "1");
  equal(asked.length, 3);
  const keys = asked.map(({ headers }) => headers.get("Idempotency-Key"));
  equal(keys[0]!.length, 32);
  equal(new Set(keys).size, 1);
});

Deno.test("a call that is not safe to repeat is sent once", async () => {
  const { runnel, asked } = clientOf(busy());
  await rejects(runnel.profiles.record("app", { account: "a", event: "e" }), RunnelProblem);
  await rejects(runnel.conversations.post("ops", [{ username: "ann", message: "hi" }]), RunnelProblem);
  equal(asked.length, 2);
});

Deno.test("a server that wants more patience than half a minute is not waited for, and retries end", async () => {
  const patient = clientOf(busy("31"));
  await rejects(patient.runnel.channels.list(), { code: "overloaded" });
  equal(patient.asked.length, 1);
  const { runnel, asked } = clientOf(busy());
  await rejects(runnel.channels.list(), { status: 503 });
  equal(asked.length, 5);
  await rejects(runnel.with({ retries: 0 }).channels.list(), { status: 503 });
  equal(asked.length, 6);
});

Deno.test("a signal ends the wait before the next attempt", async () => {
  const stop = new AbortController();
  const { runnel, asked } = clientOf(busy("20"));
  const listing = runnel.with({ signal: stop.signal }).channels.list();
  await until(() => asked.length > 0);
  stop.abort();
  await rejects(listing, { name: "AbortError" });
  equal(asked.length, 1);
});
