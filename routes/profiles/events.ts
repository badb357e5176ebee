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
import { RunnelError } from "../../domain/errors.ts";
import type { TimelineOptions } from "../../domain/profiles/timeline.ts";
import { check, readBody, readJson } from "../request.ts";
import { emptyPage, json } from "../respond.ts";
import { type Call, param } from "../route.ts";

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
  const type = request.headers.get("content-type") ?? "application/json";
  if (!/^application\/(x-)?(ndjson|jsonl)\s*(;|$)/i.test(type)) {
    return await readJson(request, EventBatch, MAX_BATCH_BYTES);
  }
  const lines = splitLines(await readBody(request, MAX_BATCH_BYTES));
  return check(lines, EventBatch);
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
