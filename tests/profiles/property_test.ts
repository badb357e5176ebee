import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { startLibsqlServer } from "../support/libsql_server.ts";
import { BUCKET, DAY, type Happened, HOUR, MINUTE, Model, type Said } from "./model.ts";

const TTL_DAYS = 3, DEDUP_HOURS = 20;
const TRAITS = [["crm", "plan"], ["crm", "seats"], ["my.shop", "is.new"]] as const;
const APPS = ["a", "b"], ACCOUNTS = ["1", "2", "3"], EVENTS = ["open", "buy"], CONTEXTS = ["", "x", "y"];

type Command =
  | { readonly kind: "update"; readonly said: Said }
  | { readonly kind: "events"; readonly events: readonly Omit<Happened, "app">[]; readonly app: string }
  | { readonly kind: "remove"; readonly app: string; readonly account: string }
  | { readonly kind: "remove ids"; readonly app: string; readonly account: string; readonly service: string }
  | { readonly kind: "split"; readonly app: string; readonly account: string; readonly service?: string }
  | { readonly kind: "forget"; readonly app: string; readonly account: string }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "sweep" };

const app = fc.constantFrom(...APPS), account = fc.constantFrom(...ACCOUNTS);
const service = fc.constantFrom("facebook", "twitter", "flickr");
const optional = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

const update: fc.Arbitrary<Command> = fc.record({
  app,
  account,
  ids: fc.uniqueArray(fc.constantFrom("facebook:1", "facebook:2", "twitter:1", "flickr:1", "flickr:2"), {
    maxLength: 2,
    selector: (id) => id.split(":")[0],
  }),
  gender: optional("male", "female"),
  location: optional("Chicago", "München", "__proto__"),
  born: fc.option(fc.constantFrom([1984, 7, 23], [1984, 1, 2], [1990, 1, 5], [2000, 2, 29], [1990, 12, 31]), {
    nil: undefined,
  }),
  keywords: fc.option(fc.subarray(["coffee", "bicycle", "jazz"]), { nil: undefined }),
  traits: fc.record({
    crm: fc.record({ plan: fc.constantFrom("pro", "free"), seats: fc.constantFrom(0, 1.5) }, {
      requiredKeys: [],
    }),
    "my.shop": fc.record({ "is.new": fc.boolean() }),
  }, { requiredKeys: [] }),
}).map(({ gender, location, born, ...said }) => ({
  kind: "update",
  said: {
    ...said,
    born: born as [number, number, number] | undefined,
    fields: Object.fromEntries(
      Object.entries({ gender, location }).filter((entry): entry is [string, string] =>
        entry[1] !== undefined
      ),
    ),
  },
}));

const events: fc.Arbitrary<Command> = fc.record({
  app,
  events: fc.array(
    fc.record({
      account,
      event: fc.constantFrom(...EVENTS),
      context: fc.constantFrom(...CONTEXTS),
      id: optional("e1", "e2"),
      time: fc.constantFrom(0, -MINUTE, -BUCKET, -HOUR, -DAY, -2 * DAY - 7 * MINUTE, 3 * HOUR),
    }),
    { minLength: 1, maxLength: 3 },
  ),
}).map((batch) => ({ kind: "events", ...batch }));

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: update },
  { weight: 5, arbitrary: events },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), app, account }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove ids" as const), app, account, service }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("split" as const), app, account, service }, {
      requiredKeys: ["kind", "app", "account"],
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), app, account }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(MINUTE, 5 * MINUTE, 50 * MINUTE, 20 * HOUR, 40 * HOUR),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "sweep" as const }) },
);

/** The body that says so, in the words of the services. */
function bodyOf({ ids, fields, born, keywords, traits }: Said) {
  const body: Record<string, Record<string, unknown>> = { github: { ...fields }, ...traits };
  if (fields.gender !== undefined) body.facebook = { gender: fields.gender };
  for (const id of ids) {
    const [service, number] = id.split(":") as [string, string];
    body[service] = { ...body[service], id: number === "1" ? 1 : "2" };
  }
  if (born) body.linkedin = { dateOfBirth: { year: born[0], month: born[1], day: born[2] } };
  if (keywords) body.twitter = { ...body.twitter, description: `I like the ${keywords.join(", ")}.` };
  return body;
}

async function run(testApp: TestApp, model: Model, command: Command): Promise<void> {
  const { time } = testApp;
  if (command.kind === "update") {
    const { said } = command;
    const response = await testApp.send("PUT", `/profile/${said.app}/${said.account}/`, bodyOf(said));
    equal(response.status, 200, await response.text());
    model.update(said);
  } else if (command.kind === "events") {
    const batch = command.events.map((event) => ({ ...event, timestamp: time.now + event.time }));
    const response = await testApp.send("POST", `/event/${command.app}/`, batch);
    equal(response.status, 200, await response.text());
    for (const event of batch) {
      model.record({ ...event, app: command.app, time: event.timestamp }, time.now);
    }
  } else if (command.kind === "remove") {
    const path = `/profile/${command.app}/${command.account}/`;
    const known = model.remove(command.app, command.account, time.now);
    const { status } = await testApp.request(path, { method: "DELETE" });
    if (known) equal(status, 204, path);
    equal((await testApp.request(path, { method: "DELETE" })).status, 404, path);
  } else if (command.kind === "remove ids") {
    const { app, account, service } = command;
    const { status } = await testApp.request(`/profile/${app}/${account}/${service}`, { method: "DELETE" });
    equal(status, model.removeIds(app, account, service) ? 204 : 404);
  } else if (command.kind === "split") {
    const { app, account, service } = command;
    const response = await testApp.send(
      "POST",
      `/profile/${app}/${account}/split`,
      service ? { service } : {},
    );
    const wanted = model.split(app, account, service) ?? [];
    const { split = [] } = await response.json();
    deepEqual(split.map(idOf).sort(), wanted);
    equal(response.status, wanted.length > 0 ? 200 : 404);
  } else if (command.kind === "forget") {
    const person = model.person(command.app, command.account);
    if (person === undefined) return;
    const path = `/person/${command.app}/${command.account}`;
    const removed = await (await testApp.request(path, { method: "DELETE" })).json();
    deepEqual([removed.accounts, removed.ids], [person.size, model.idsOf(person).length]);
    for (const key of person) model.remove(...JSON.parse(key) as [string, string], time.now);
  } else if (command.kind === "wait") {
    time.now += command.ms;
  } else {
    await testApp.services.events.sweep();
  }
}

const idOf = ({ service, id }: { service: string; id: string }) => `${service}:${id}`;

async function answer(testApp: TestApp, path: string): Promise<unknown> {
  const response = await testApp.request(path);
  const body = await response.json();
  if (response.status === 404) return undefined;
  equal(response.status, 200, `${path}: ${JSON.stringify(body)}`);
  return body;
}

async function compare(testApp: TestApp, model: Model): Promise<void> {
  const { now } = testApp.time;
  const same = async (path: string, wanted: unknown) => deepEqual(await answer(testApp, path), wanted, path);
  await same("/analytics/", { apps: model.apps(now) });
  for (const app of APPS) {
    const analytics = model.analytics(app, now);
    await same(`/analytics/${app}/`, analytics);
    for (const [service, key] of TRAITS) {
      const path = `/analytics/${app}/?limit=1&trait=${service}.${key}`;
      const some = await answer(testApp, path) as Analytics;
      deepEqual(some.trait, model.traitCounts(app, service, key, now), path);
      sameSums(some, analytics);
    }
    for (const account of ACCOUNTS) {
      await same(`/profile/${app}/${account}/`, model.profile(app, account, now));
      const person = model.person(app, account);
      if (person !== undefined) await samePerson(testApp, app, account, model, person);
    }
    const event = EVENTS[0]!, account = ACCOUNTS[0]!, context = CONTEXTS[1]!;
    const day = (of: Partial<Happened>) => ({
      datapoints: model.timeline({ app, event, ...of }, now - DAY, now, BUCKET, now),
    });
    await same(`/event/${app}/${event}/`, day({}));
    await same(`/event/${app}/${event}/?context=${context}`, day({ context }));
    await same(`/event/${app}/${account}/${event}/`, day({ account }));
    await same(`/event/${app}/${account}/${event}/?context=${context}`, day({ account, context }));
    const [from, to] = [now - 5 * DAY, now + 4 * HOUR];
    await same(`/event/${app}/${event}/?bucket=1h&from=${from}&to=${new Date(to).toISOString()}`, {
      datapoints: model.timeline({ app, event }, from, to, HOUR, now),
    });
  }
}

interface Analytics {
  readonly demographics: Readonly<Record<string, Record<string, number>>>;
  readonly contexts: Readonly<Record<string, Record<string, number>>>;
  readonly trait?: Readonly<Record<string, number>>;
}

/** Where one value alone is told, the others are counted together. */
function sameSums(some: Analytics, all: Analytics): void {
  for (const part of ["demographics", "contexts"] as const) {
    for (const [name, counts] of Object.entries(all[part])) {
      const { unknown = 0, ...values } = counts, told = Object.values(values).sort((a, b) => b - a);
      const { unknown: others = 0, other = 0, ...commonest } = some[part][name]!;
      deepEqual(Object.values(commonest), told.slice(0, 1), name);
      deepEqual([other, others], [told.slice(1).reduce((sum, n) => sum + n, 0), unknown], name);
    }
  }
}

async function samePerson(
  testApp: TestApp,
  app: string,
  account: string,
  model: Model,
  person: ReadonlySet<string>,
): Promise<void> {
  type Owned = { app: string; account: string; service: string; id: string; split: string | null };
  const key = ({ app, account }: Owned) => JSON.stringify([app, account]);
  const { accounts, ids } = await (await testApp.request(`/person/${app}/${account}`)).json();
  deepEqual(accounts.map(key).sort(), [...person].sort());
  deepEqual(
    ids.map((id: Owned) => [key(id), idOf(id), id.split !== null]).sort(),
    model.idsOf(person),
  );
}

async function check(commands: readonly Command[], database?: string): Promise<void> {
  await using testApp = await createTestApp({
    eventTtlDays: TTL_DAYS,
    eventDedupHours: DEDUP_HOURS,
    ...(database && { database }),
  });
  const model = new Model(TTL_DAYS * DAY, DEDUP_HOURS * HOUR);
  for (const [i, command] of commands.entries()) {
    await run(testApp, model, command);
    deepEqual(await testApp.services.analytics.recount(), new Map(), "counters differ from their rows");
    if (i % 5 === 4) await compare(testApp, model);
  }
  await compare(testApp, model);
}

const story = fc.array(command, { minLength: 5, maxLength: 30 });

Deno.test("any sequence of updates, merges, splits, deletions, events and expiries is answered as counted by hand", async () => {
  equal(START % BUCKET > 0, true);
  await fc.assert(fc.asyncProperty(story, (commands) => check(commands)), { numRuns: 40 });
});

Deno.test({
  name: "the same on a libSQL server",
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
  async fn() {
    await fc.assert(
      fc.asyncProperty(story, async (commands) => {
        await using server = await startLibsqlServer();
        await check(commands, server.url);
      }),
      { numRuns: 5 },
    );
  },
});
