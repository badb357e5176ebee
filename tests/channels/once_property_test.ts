/** Inserts with Idempotency-Keys against a model: whatever shares a commit, whichever process it is, and after days. */
import { deepEqual, equal, ok } from "../support/assert.ts";
import fc from "fast-check";
import { idOfKey } from "../../domain/channels/item_id.ts";
import type { StoredItems } from "../../domain/channels/writer.ts";
import { RunnelError } from "../../domain/errors.ts";
import { createTestApp, type TestApp } from "../support/app.ts";
import { until } from "../support/until.ts";

const DAY_MS = 86_400_000;
const NAMES = ["order-1", "order-2", `it's "3"`, "\u00e4", "__proto__", "7"];

interface Insert {
  readonly name: string;
  readonly body: string;
  readonly type: string;
  readonly itemKey: string | null;
}

type Command =
  | { readonly kind: "inserts"; readonly process: 0 | 1; readonly inserts: readonly Insert[] }
  | {
    readonly kind: "bulk";
    readonly process: 0 | 1;
    readonly name: string;
    readonly bodies: readonly string[];
  }
  | { readonly kind: "wait"; readonly millis: number }
  | { readonly kind: "sweep" };

const name = fc.constantFrom(...NAMES), process = fc.constantFrom(0 as const, 1 as const);
const body = fc.constantFrom("", "x", "y");
const insert: fc.Arbitrary<Insert> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ name, body, type: fc.constant("a/b"), itemKey: fc.constant(null) }) },
  fc.record({
    name,
    body,
    type: fc.constantFrom("a/b", "a/c"),
    itemKey: fc.constantFrom(null, "k", `"'`),
  }),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("inserts" as const),
      process,
      inserts: fc.array(insert, { minLength: 1, maxLength: 12 }),
    }),
  },
  fc.record({
    kind: fc.constant("bulk" as const),
    process,
    name,
    bodies: fc.array(body, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("wait" as const),
    millis: fc.constantFrom(1, DAY_MS / 2, DAY_MS - 1, DAY_MS, DAY_MS + 1),
  }),
  fc.constant({ kind: "sweep" as const }),
);

/** What a channel must hold. */
class Model {
  readonly answers = new Map<
    string,
    { readonly content: string; readonly ids: string[]; readonly at: number }
  >();
  readonly items: { readonly id: string; readonly body: string }[] = [];

  /** Checks an answer, and remembers the item that it stored. */
  take(
    answer: PromiseSettledResult<StoredItems>,
    name: string,
    items: readonly Omit<Insert, "name">[],
    now: number,
  ) {
    const content = JSON.stringify(items);
    const before = this.answers.get(name);
    const isTaken = before !== undefined && before.at > now - DAY_MS;
    if (answer.status === "rejected") {
      ok(answer.reason instanceof RunnelError, `${answer.reason}`);
      equal(answer.reason.code, "idempotency-conflict");
      ok(isTaken && before.content !== content, `${name} is free, or had the same content`);
      return;
    }
    const { firstKey, count, isReplay } = answer.value;
    const ids = Array.from({ length: count }, (_, i) => idOfKey(firstKey + BigInt(i)));
    equal(isReplay, isTaken, name);
    if (isTaken) return deepEqual([ids, content], [before.ids, before.content]);
    equal(ids.length, items.length);
    for (const [i, id] of ids.entries()) {
      ok(id > (this.items.at(-1)?.id ?? ""), "ids rise");
      this.items.push({ id, body: items[i]!.body });
    }
    this.answers.set(name, { content, ids, at: now });
  }
}

Deno.test("an Idempotency-Key stores once a day, in order, whatever shares its commit and whichever process takes it", async () => {
  await using one = await createTestApp();
  await using other = await createTestApp({ database: one.databaseUrl });
  const apps = [one, other];
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 20 }), async (commands) => {
      const channel = `c${++count}`, model = new Model();
      equal((await one.send("PUT", `/channel/${channel}`, { keepForever: true })).status, 201);
      for (const command of commands) await run(apps, channel, model, command);
      await compare(one, channel, model);
    }),
    { numRuns: 60 },
  );
});

const encoder = new TextEncoder();
const contentOf = ({ body, type, itemKey }: Omit<Insert, "name">) => ({
  ...{ type, itemKey, encoding: null, language: null },
  body: encoder.encode(body),
});

async function run(apps: readonly TestApp[], channel: string, model: Model, command: Command): Promise<void> {
  if (command.kind === "wait") {
    for (const { time } of apps) time.now += command.millis;
    return;
  }
  if (command.kind === "sweep") return void await apps[0]!.services.sweep();
  const { services: { writer }, time: { now } } = apps[command.process]!;
  if (command.kind === "inserts") {
    // At once, so that they share a commit.
    const answers = await Promise.allSettled(
      command.inserts.map((insert) =>
        writer.insert(channel, contentOf(insert), { idempotencyKey: insert.name })
      ),
    );
    for (const [i, { name, ...item }] of command.inserts.entries()) {
      model.take(answers[i]!, name, [item], now);
    }
    return;
  }
  const items = command.bodies.map((body) => ({ body, type: "a/b", itemKey: null }));
  const [answer] = await Promise.allSettled([
    writer.bulk(
      channel,
      (async function* () {
        for (const item of items) yield [contentOf(item)];
      })(),
      { idempotencyKey: command.name },
    ),
  ]);
  model.take(answer, command.name, items, now);
}

async function compare(app: TestApp, channel: string, { items }: Model): Promise<void> {
  const stored = app.services.items, last = items.at(-1)?.id;
  // What the other process stored last may still be on its way to a replica.
  if (last !== undefined) await until(async () => await stored.latest(channel).catch(() => "") === last);
  const list = await (await app.request(`/channel/${channel}/earliest/1000`)).json();
  deepEqual(list.items.map(({ id }: { id: string }) => id), items.map(({ id }) => id));
  for (const { id, body } of items) {
    equal(await (await app.request(`/channel/${channel}/${id}`)).text(), body);
  }
  equal(await app.services.channels.count(channel), items.length);
  if (items.length > 0) equal(await app.services.items.latest(channel), items.at(-1)!.id);
}
