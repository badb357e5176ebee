/** Events: record one or many, and timelines of how many there were. */
import type { Context } from "hono";
import { z } from "zod";
import { RunnelError } from "../../domain/errors.ts";
import { Context as EventContext, Name } from "../../domain/profiles/names.ts";
import { Time, TimelineOptions } from "../../domain/profiles/timeline.ts";
import type { Services } from "../services.ts";
import { check, readBody, readJson } from "../request.ts";
import { emptyPage, json } from "../respond.ts";
import { param, type Route } from "../route.ts";

const MAX_BATCH_BYTES = 8 << 20;
const MAX_BATCH = 10_000;

const EventQuery = z.object({
  context: EventContext.optional().meta({ description: "Kept with the event; a body's goes before it." }),
});
const EventBody = z.object({
  timestamp: Time.optional().meta({
    description: "When it happened: ISO 8601, or milliseconds since the epoch. Now unless given.",
  }),
  context: EventContext.optional(),
}, { error: "an object such as {}" });
const BatchedEvent = EventBody.extend({ account: Name, event: Name });
const Batch = z.array(BatchedEvent, { error: "a list of events" }).max(
  MAX_BATCH,
  `at most ${MAX_BATCH} events at a time`,
);

const App = z.object({ app: Name });
const AppEvent = App.extend({ event: Name });
const AccountEvent = AppEvent.extend({ account: Name });

export function eventRoutes({ events }: Pick<Services, "events">): Route[] {
  const recording = {
    path: "/event/:app/:account/:event",
    scope: "profiles:write",
    summary: "Record an event",
    reference: {
      description: "Counts something that an account did; the account needs no profile.",
      query: EventQuery,
      body: { schema: EventBody, example: { timestamp: "2026-01-02T03:04:05Z" } },
      answers: { 200: { type: "text/html", description: "Recorded. The answer is empty." } },
      errors: ["unsupported-media-type", "too-large"],
    },
    handle: record,
  } as const;
  const showing = {
    method: "GET",
    scope: "profiles:read",
    reference: {
      description:
        "How many events there were in each span of time, zeros included. The last 24 hours in spans of " +
        "5 minutes unless the query says otherwise; at most 10,000 points.",
      query: TimelineOptions,
      answers: {
        200: {
          description: "Milliseconds since the epoch, and a count.",
          example: { datapoints: [[1348873200000, 0], [1348873500000, 3]] },
        },
      },
    },
  } as const;
  return [
    { method: "PUT", ...recording },
    { method: "POST", ...recording },
    {
      method: "POST",
      path: "/event/:app",
      scope: "profiles:write",
      summary: "Record many events",
      reference: {
        description:
          "Records all or none, in one commit. The body is a JSON list, or one JSON object a line " +
          "(application/x-ndjson).",
        body: { schema: Batch, example: [{ account: "aprofile", event: "myevent", context: "foobar" }] },
        answers: { 200: { description: "How many were recorded.", example: { recorded: 1 } } },
        errors: ["unsupported-media-type", "too-large"],
      },
      handle: recordMany,
    },
    {
      ...showing,
      path: "/event/:app/:account/:event",
      summary: "Timeline of an account's event",
      handle: showAccount,
    },
    { ...showing, path: "/event/:app/:event", summary: "Timeline of an app's event", handle: showApp },
  ];

  async function record(context: Context): Promise<Response> {
    const name = accountEvent(context);
    const query = check({ context: context.req.query("context") }, EventQuery);
    const body = hasBody(context.req.raw) ? await readJson(context.req.raw, EventBody) : {};
    await events.record([{ ...name, context: body.context ?? query.context, timestamp: body.timestamp }]);
    return emptyPage();
  }

  async function recordMany(context: Context): Promise<Response> {
    const { app } = check({ app: param(context, "app") }, App);
    const batch = await readBatch(context.req.raw);
    await events.record(batch.map((event) => ({ ...event, app })));
    return json({ recorded: batch.length });
  }

  async function showAccount(context: Context): Promise<Response> {
    return json({ datapoints: await events.timeline(accountEvent(context), timelineOptions(context)) });
  }

  async function showApp(context: Context): Promise<Response> {
    const subject = check({ app: param(context, "app"), event: param(context, "event") }, AppEvent);
    return json({ datapoints: await events.timeline(subject, timelineOptions(context)) });
  }
}

function accountEvent(context: Context): z.output<typeof AccountEvent> {
  const [app, account, event] = [param(context, "app"), param(context, "account"), param(context, "event")];
  return check({ app, account, event }, AccountEvent);
}

function timelineOptions({ req }: Context): z.output<typeof TimelineOptions> {
  return check(req.query(), TimelineOptions);
}

/** Asked of the headers, because touching `request.body` makes a stream of it. HTTP/2 need not declare a length. */
function hasBody({ headers }: Request): boolean {
  const length = headers.get("content-length");
  if (length !== null) return length !== "0";
  return headers.has("transfer-encoding") || headers.has("content-type");
}

async function readBatch(request: Request): Promise<z.output<typeof Batch>> {
  const type = request.headers.get("content-type") ?? "application/json";
  if (!/^application\/(x-)?(ndjson|jsonl)\s*(;|$)/i.test(type)) {
    return await readJson(request, Batch, MAX_BATCH_BYTES);
  }
  const lines = splitLines(await readBody(request, MAX_BATCH_BYTES));
  return check(lines, Batch);
}

function splitLines(bytes: Uint8Array): unknown[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RunnelError("invalid-request", "the body is not UTF-8", [], { cause });
  }
  return text.split("\n").filter((line) => line.trim() !== "").map((line, i) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      const message = `line ${i + 1} is not valid JSON`;
      throw new RunnelError("invalid-request", message, [{ path: String(i), message }], { cause });
    }
  });
}
