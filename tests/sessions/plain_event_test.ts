/** The reader of plain events against JSON and the schema. */
import { deepEqual, equal } from "../support/assert.ts";
import fc from "fast-check";
import { Event, type SessionEvent, toPart } from "../../domain/sessions/event.ts";
import { SessionMap } from "../../domain/sessions/session_map.ts";
import { PlainEvent } from "../../domain/sessions/loading/plain_event.ts";

const encoder = new TextEncoder();

/** What the general reader makes of a line; undefined where it refuses it. */
function readGenerally(line: string): SessionEvent | undefined {
  try {
    return Event.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const plain = new PlainEvent();
function readPlainly(line: string): SessionEvent | undefined {
  const bytes = encoder.encode(`before\n${line}\nafter`), from = "before\n".length;
  return plain.read(bytes, from, bytes.length - "\nafter".length) ? plain.toEvent() : undefined;
}

const id = fc.oneof(
  fc.string({ maxLength: 220 }),
  fc.uuid(),
  fc.constantFrom(
    "690b97750e868952f06fa0850ec87928",
    "690B97750E868952F06FA0850EC87928",
    '"',
    "\\",
    "é",
    "\u007f",
  ),
);
const time = fc.oneof(
  fc.date({ min: new Date(-1e12), max: new Date(8e12), noInvalidDate: true }).map((date) =>
    date.toISOString()
  ),
  fc.constantFrom(
    "2019-04-16T20:40:50",
    "2019-04-16 20:40",
    "2019-04-16",
    "2026-02-30T00:00:00Z",
    "2019-04-16T20:40:50.123456789+05:30",
    "2019-04-16t20:40:50,5z",
    "2199-12-31T23:59:59.999999",
    "2200-01-01",
    "yesterday",
  ),
);
const country = fc.constantFrom(
  "DE",
  "de",
  "USA",
  "(.uk)",
  "",
  "UNITEDKINGDOM1",
  "A".repeat(64),
  "A".repeat(65),
  "É",
);
const fields = fc.record({
  user_id: fc.oneof(id, fc.integer()),
  session_id: id,
  event: fc.constantFrom("start", "end", "begin"),
  ts: time,
  country,
  other: fc.string(),
}, { requiredKeys: [] });

Deno.test("PlainEvent reads what the schema reads, or leaves it to the schema", () => {
  let read = 0;
  fc.assert(
    fc.property(
      fields,
      fc.shuffledSubarray(["user_id", "session_id", "event", "ts", "country", "other"], { minLength: 3 }),
      fc.constantFrom("", " "),
      (given, order, space) => {
        const known = order.filter((name) => name in given) as (keyof typeof given)[];
        const line = `{${
          known.map((name) => `"${name}":${space}${JSON.stringify(given[name])}`).join(`,${space}`)
        }}`;
        const found = readPlainly(line);
        if (found === undefined) return;
        read++;
        deepEqual({ country: undefined, ...readGenerally(line) }, found, line);
      },
    ),
    { numRuns: 3000 },
  );
  equal(read > 0, true);
});

Deno.test("PlainEvent reads lines as programs write them, and leaves everything unusual", () => {
  const want = { user_id: "u", session_id: "s", event: "end", ts: 1_000_000, country: undefined };
  deepEqual(readPlainly('{"user_id":"u","session_id":"s","event":"end","ts":"1970-01-01T00:00:01"}'), want);
  deepEqual(
    readPlainly('{"ts": "1970-01-01T00:00:01Z", "event": "end", "session_id": "s", "user_id": "u"}'),
    want,
  );
  const start = '{"user_id":"u","session_id":"s","country":"FR","event":"start","ts":"1970-01-01T00:00:01"}';
  deepEqual(readPlainly(start), { ...want, event: "start", country: "FR" });
  for (
    const unusual of [
      "",
      "{",
      "{}",
      "null",
      "[]",
      start.slice(0, -1),
      `${start} `,
      ` ${start}`,
      `${start}}`,
      start.replace(",", ",,"),
      start.replace('"u"', "7"),
      start.replace('"u"', '"u","user_id":"v"'),
      start.replace('"u"', '"\\u0075"'),
      start.replace('"u"', '""'),
      start.replace('"u"', '"u'),
      start.replace('"FR"', "null"),
      start.replace('"FR"', '"fr"'),
      start.replace("start", "begin"),
      start.replace("country", "county"),
      start.replace(":01", ":61"),
      start.replace('"u"', `"${"u".repeat(201)}"`),
    ]
  ) equal(readPlainly(unusual), undefined, unusual);
});

Deno.test("SessionMap keeps the first country of a session that had more than there are places for", () => {
  const map = new SessionMap(() => -Infinity), countries = 70_000;
  const ids = { userId: "u", sessionId: "s", end: null };
  map.add({ ...ids, sessionId: "other", country: "DE", start: 1 }, 1);
  for (let i = 0; i < countries; i++) map.add({ ...ids, country: `C${i}`, start: countries - i }, 1);
  deepEqual(Array.from(map.sessions(), ({ country }) => country), ["DE", `C${countries - 1}`]);
  deepEqual(map.chunk.seenCountries(), ["DE", `C${countries - 1}`]);
});

Deno.test("SessionMap holds the same whichever way events come into it", () => {
  const event = fc.record({
    user_id: fc.constantFrom("u", "v", "690b97750e868952f06fa0850ec87928"),
    session_id: fc.constantFrom("1", "2", "3c6ef362-b54c-da29-6a99-b44c00000001"),
    event: fc.constantFrom("start" as const, "end" as const),
    ts: fc.integer({ min: 0, max: 5 }).map((second) => `1970-01-01T00:00:0${second}`),
    country: fc.constantFrom("DE", "FR", "USA"),
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 300 }), (events) => {
    const never = () => -Infinity;
    const maps = [new SessionMap(never), new SessionMap(never), new SessionMap(never)] as const;
    for (const [i, given] of events.entries()) {
      const line = encoder.encode(JSON.stringify(given));
      equal(plain.read(line, 0, line.length), true);
      maps[0].addPlain(plain, i);
      maps[1].add(toPart(plain.toEvent()), i);
      const one = new SessionMap(never);
      one.addPlain(plain, i);
      maps[2].adopt(one);
    }
    const [first, ...others] = maps.map((map) => [...map.sessions()]);
    for (const other of others) deepEqual(other, first);
    const ids = new Set(events.map(({ user_id, session_id }) => `${user_id} ${session_id}`));
    equal(maps[0].size, ids.size);
    for (const { key, userId, sessionId } of first!) {
      const session = maps[1].get(key, userId, sessionId);
      equal(session?.userId, userId);
      equal(session?.sessionId, sessionId);
    }
  }));
});
