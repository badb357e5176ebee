import { deepEqual, equal, match, ok } from "../support/assert.ts";
import { createTestApp, START, type TestApp } from "../support/app.ts";
import { logIn, post } from "../conversations/support.ts";

/** 17 spellings, each with the moment that it names: milliseconds since the epoch, and nanoseconds after them. */
const SPELLINGS: readonly [text: string, iso: string, nanos?: number][] = [
  ["2026-01-01", "2026-01-01T00:00:00.000Z"],
  ["2026-01-01T03:04", "2026-01-01T03:04:00.000Z"],
  ["2026-01-01 03:04", "2026-01-01T03:04:00.000Z"],
  ["2026-01-01T03:04:05", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01 03:04:05", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01T03:04:05Z", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01t03:04:05z", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01T03:04Z", "2026-01-01T03:04:00.000Z"],
  ["2026-01-01T03:04:05.6", "2026-01-01T03:04:05.600Z"],
  ["2026-01-01T03:04:05.678Z", "2026-01-01T03:04:05.678Z"],
  ["2026-01-01T03:04:05.678901Z", "2026-01-01T03:04:05.678Z", 901_000],
  ["2026-01-01T03:04:05.678901234Z", "2026-01-01T03:04:05.678Z", 901_234],
  ["2026-01-01T05:04:05+02:00", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01T05:04:05+0200", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01T05:04:05+02", "2026-01-01T03:04:05.000Z"],
  ["2025-12-31T21:34:05-05:30", "2026-01-01T03:04:05.000Z"],
  ["2026-01-01T05:04:05 02:00", "2026-01-01T03:04:05.000Z"],
];
/** What is no time anywhere. */
const WRONG = ["2026-02-30", "2025-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-13-01", "yesterday", ""];
const REFUSAL = "an ISO 8601 date or time, such as 2026-01-02 or 2026-01-02T03:04:05Z";

/** Something that takes a time. Every spelling has a subject of its own there. */
interface Place {
  readonly name: string;
  /** Sends a text, for a subject. `millis` and `nanos` are the moment that it should name. */
  send(text: string, subject: string, moment: Moment): Promise<Response>;
  /** What is kept, or answered, of the text. */
  read(subject: string, response: Response): Promise<unknown>;
  /** What should be, of a moment. */
  want(moment: Moment): unknown;
}
type Moment = readonly [millis: number, nanos: number];

const SHIFTS = [-1, 0, 1];
/** Different enough that each stands for itself. */
const TEXTS = [
  "the disk of the database server is full",
  "lunch is at the harbour today",
  "somebody should renew the certificate",
];
const bucketOf = ([millis]: Moment) => Math.floor(millis / 300_000) * 300_000;
const encode = (text: string) => text.replaceAll("+", "%2B");
const nanosOf = ([millis, nanos]: Moment) => BigInt(millis) * 1_000_000n + BigInt(nanos);

/** What ISO 8601 in UTC is made of: seconds, and so many digits of their fraction. */
function isoOf(ns: bigint, digits: number): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = String(ns % 1_000_000_000n).padStart(9, "0").slice(0, digits).replace(/0+$/, "");
  return fraction === "" ? seconds : `${seconds}.${fraction}`;
}

function lines(app: TestApp, path: string, value: unknown): Promise<Response> {
  const headers = { "Content-Type": "application/x-ndjson" };
  return app.request(path, { method: "POST", headers, body: JSON.stringify(value) });
}

function eventPlaces(app: TestApp): Place[] {
  const shared = {
    async read(subject: string): Promise<unknown> {
      const answer = await app.request(`/event/a/${subject}?from=2025-12-31&to=2026-01-02`);
      return (await answer.json()).datapoints.filter(([, count]: number[]) => count! > 0);
    },
    want: (moment: Moment) => [[bucketOf(moment), 1]],
  };
  const event = (subject: string, timestamp: string) => ({ account: "1", event: subject, timestamp });
  return [
    {
      name: "an event's timestamp",
      send: (timestamp, subject) => app.send("PUT", `/event/a/1/${subject}`, { timestamp }),
      ...shared,
    },
    {
      name: "the timestamp of an event in a batch",
      send: (text, subject) => app.send("POST", "/event/a", [event(subject, text)]),
      ...shared,
    },
    {
      name: "the timestamp of an event in a line",
      send: (text, subject) => lines(app, "/event/a", event(subject, text)),
      ...shared,
    },
    {
      name: "the beginning of a timeline",
      send: (text) => app.request(`/event/a/e?from=${encode(text)}`),
      read: async (_, response) => (await response.json()).datapoints[0][0],
      want: bucketOf,
    },
    {
      name: "the end of a timeline",
      send: (text) => app.request(`/event/a/e?from=2025-12-31&to=${encode(text)}`),
      read: async (_, response) => (await response.json()).datapoints.at(-1)[0],
      want: bucketOf,
    },
  ];
}

function sessionPlaces(app: TestApp): Place[] {
  const event = (subject: string, ts: string, kind = "start") => ({
    user_id: subject,
    session_id: subject,
    event: kind,
    country: "DE",
    ts,
  });
  const shared = {
    async read(subject: string): Promise<unknown> {
      await app.send("POST", "/user/batches", [event(subject, "2026-01-02T00:00:00Z", "end")]);
      const query = `user_id=${subject}&limit=1&details=true`;
      return (await (await app.request(`/user/last-sessions-user?${query}`)).json())[subject][0].start;
    },
    want: (moment: Moment) => isoOf(nanosOf(moment), 6),
  };
  return [
    {
      name: "the ts of a session's event",
      send: (text, subject) => app.send("POST", "/user/batches", [event(subject, text)]),
      ...shared,
    },
    {
      name: "the ts of a session's event in a line",
      send: (text, subject) => lines(app, "/user/batches", event(subject, text)),
      ...shared,
    },
  ];
}

async function conversationPlaces(app: TestApp): Promise<Place[]> {
  const channels = Array.from(SPELLINGS, (_, i) => `s${i}`);
  const token = await logIn(app, "ann", ["wrong", ...channels]);
  /** Three messages, a millisecond apart, and the question which of them are in a period. */
  const ask = async (subject: string, [millis]: Moment, body: unknown) => {
    const messages = SHIFTS.map((shift, i) => {
      const timestamp = new Date(millis + shift).toISOString();
      return { id: `${shift}`, username: `user${shift}`, message: TEXTS[i], timestamp };
    });
    await post(app, subject, messages);
    return await app.request(`/api/stats/representative_messages/${subject}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  };
  const read = async (_: string, response: Response) =>
    (await response.json()).data.map(({ username }: { username: string }) => username);
  return [
    {
      name: "a message's timestamp",
      send: (timestamp, subject) =>
        app.send("POST", `/api/conversations/${subject}-posted/messages`, {
          username: "ann",
          message: "hello",
          timestamp,
        }),
      async read(subject) {
        const sql =
          "SELECT m.time FROM message m JOIN conversation c ON c.id = m.conversation WHERE c.name = ?1";
        return (await app.database.query(sql, `${subject}-posted`))[0]![0];
      },
      want: ([millis]) => millis,
    },
    {
      name: "the beginning of a period",
      send: (time, subject, moment) => ask(subject, moment, { time }),
      read,
      want: () => ["user0", "user1"],
    },
    {
      name: "the end of a period",
      send: (until, subject, moment) => ask(subject, moment, { time: "2025-12-31", until }),
      read,
      want: () => ["user-1"],
    },
  ];
}

function seriesPlaces(app: TestApp): Place[] {
  /** Saves three rows, a nanosecond apart, and asks for those of a range. */
  const ask = async (subject: string, moment: Moment, query: string) => {
    const stamps = SHIFTS.map((shift) => [`${isoOf(nanosOf(moment) + BigInt(shift), 9)}Z`, shift]);
    const path = `/api/store/r/${subject}`;
    await app.request(path, { method: "PUT", body: JSON.stringify({ n: Object.fromEntries(stamps) }) });
    return await app.request(`${path}?${query}&jsonformat=values`);
  };
  const read = async (_: string, response: Response) => (await response.json()).flat();
  return [
    {
      name: "the start of a range",
      send: (text, subject, moment) => ask(subject, moment, `start=${encode(text)}`),
      read,
      want: () => [0, 1],
    },
    {
      name: "the end of a range",
      send: (text, subject, moment) => ask(subject, moment, `end=${encode(text)}`),
      read,
      // A day counts whole there.
      want: ([millis]) => millis % 86_400_000 === 0 ? SHIFTS : [-1, 0],
    },
  ];
}

Deno.test("a time may be spelt in 17 ways wherever one is taken, and means the same everywhere", async (t) => {
  await using app = await createTestApp();
  const places = [
    ...eventPlaces(app),
    ...sessionPlaces(app),
    ...await conversationPlaces(app),
    ...seriesPlaces(app),
  ];
  for (const [p, { name, send, read, want }] of places.entries()) {
    await t.step(name, async () => {
      for (const [i, [text, iso, nanos = 0]] of SPELLINGS.entries()) {
        // Places of the same area share channels; events and sessions are of one place.
        const subject = name.includes("period") ? `s${i}` : `s${p}-${i}`,
          moment = [Date.parse(iso), nanos] as const;
        const response = await send(text, subject, moment);
        ok(response.ok, `${text}: ${response.status}`);
        deepEqual(await read(subject, response), want(moment), text);
      }
      for (const text of WRONG) {
        const response = await send(text, "wrong", [START - 1, 0]);
        equal(response.status, 400, text);
        match(await response.text(), new RegExp(REFUSAL), text);
      }
    });
  }
});
