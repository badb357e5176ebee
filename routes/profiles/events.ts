/** Events: record one or many, and timelines of how many there were. */
import type { z } from "zod";
import {
  AccountEventPath,
  AppEventPath,
  AppPath,
  EventBatch,
  EventBody,
  type EventQuery,
} from "../../api/profiles.ts";
import { invalid } from "../../domain/errors.ts";
import type { TimelineOptions } from "../../domain/profiles/timeline.ts";
import { check, readBody, readJson } from "../request.ts";
import { emptyPage, json } from "../respond.ts";
import { type Call, param } from "../route.ts";
import { isNdjson, linesOf, parseLine } from "../../domain/ndjson.ts";

const MAX_BATCH_BYTES = 8 << 20;

export async function recordEvent(call: Call<typeof EventQuery>): Promise<Response> {
  const { request, query, services } = call;
  const name = accountEvent(call);
  const body = hasBody(request) ? await readJson(request, EventBody) : {};
  await services.events.record([
    { ...name, context: body.context ?? query.context, timestamp: body.timestamp },
  ]);
  return emptyPage();
}

export async function recordEvents(call: Call): Promise<Response> {
  const { app } = check({ app: param(call, "app") }, AppPath);
  const batch = await readBatch(call.request);
  await call.services.events.record(batch.map((event) => ({ ...event, app })));
  return json({ recorded: batch.length });
}

export async function showAccountTimeline(call: Call<typeof TimelineOptions>): Promise<Response> {
  return json({ datapoints: await call.services.events.timeline(accountEvent(call), call.query) });
}

export async function showAppTimeline(call: Call<typeof TimelineOptions>): Promise<Response> {
  const subject = check({ app: param(call, "app"), event: param(call, "event") }, AppEventPath);
  return json({ datapoints: await call.services.events.timeline(subject, call.query) });
}

function accountEvent(call: Pick<Call, "context">): z.output<typeof AccountEventPath> {
  const [app, account, event] = [param(call, "app"), param(call, "account"), param(call, "event")];
  return check({ app, account, event }, AccountEventPath);
}

/** Asked of the headers, because touching `request.body` makes a stream of it. HTTP/2 need not declare a length. */
function hasBody({ headers }: Request): boolean {
  const length = headers.get("content-length");
  if (length !== null) return length !== "0";
  return headers.has("transfer-encoding") || headers.has("content-type");
}

async function readBatch(request: Request): Promise<z.output<typeof EventBatch>> {
  if (!isNdjson(request.headers.get("content-type"))) {
    return await readJson(request, EventBatch, MAX_BATCH_BYTES);
  }
  return check(await readLines(await readBody(request, MAX_BATCH_BYTES)), EventBatch);
}

/** The values of lines, empty ones left out. */
async function readLines(bytes: Uint8Array): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const lines of linesOf([bytes])) {
    for (const line of lines) {
      const parsed = parseLine(line);
      if (parsed === undefined) continue;
      if ("value" in parsed) values.push(parsed.value);
      else {
        const { message } = parsed;
        throw invalid(`line ${values.length + 1}: ${message}`, [{ path: `${values.length}`, message }]);
      }
    }
  }
  return values;
}
