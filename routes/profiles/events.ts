/** Events: record one or many, and timelines of how many there were. */
import type { z } from "zod";
import {
  AccountEventPath,
  AppEventPath,
  AppPath,
  type BatchQuery,
  EventBody,
  type EventQuery,
  type NewestEventsQuery,
} from "../../api/profiles.ts";
import { invalid } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import type { TimelineSubject } from "../../domain/profiles/events.ts";
import type { TimelineOptions } from "../../domain/profiles/timeline.ts";
import { check, hasBody, readJsonOfBeacon } from "../request.ts";
import { emptyPage, json } from "../respond.ts";
import { type Call, param } from "../route.ts";
import { readBatch } from "./event_batch.ts";

/** Refusals that are told one by one. */
const TOLD = 10;

export async function recordEvent(call: Call<typeof EventQuery>): Promise<Response> {
  const { request, query, services } = call;
  const name = accountEvent(call);
  const body = hasBody(request) ? await readJsonOfBeacon(call, EventBody) : {};
  await services.events.record([
    {
      ...name,
      context: body.context ?? query.context,
      timestamp: body.timestamp,
      id: body.id ?? body.messageId,
    },
  ]);
  return emptyPage();
}

export async function recordEvents(call: Call<typeof BatchQuery>): Promise<Response> {
  const { query: { partial }, services } = call;
  const { app } = check({ app: param(call, "app") }, AppPath);
  const { events, refusals } = await readBatch(call, (event) => services.events.refusalOf(event));
  const refused = refusals.length, errors = refusals.slice(0, TOLD);
  if (refused > 0 && (!partial || events.length === 0)) {
    const { path, message } = errors[0]!;
    throw invalid(`${refused} of these are no events, so none is stored; ${path}: ${message}`, errors);
  }
  await services.events.record(events.map((event) => ({ ...event, app, id: event.id ?? event.messageId })));
  const recorded = events.length;
  return json({ recorded, ...(partial && { refused }), ...(refused > 0 && { errors }) });
}

export async function listNewest({ query, services }: Call<typeof NewestEventsQuery>): Promise<Response> {
  const events = await services.events.newest(query.limit);
  return json({
    events: events.map(({ time, ...counted }) => ({ ...counted, time: iso(time) })),
  });
}

export async function showAccountTimeline(call: Call<typeof TimelineOptions>): Promise<Response> {
  return await timelineOf(call, accountEvent(call));
}

export async function showAppTimeline(call: Call<typeof TimelineOptions>): Promise<Response> {
  const subject = check({ app: param(call, "app"), event: param(call, "event") }, AppEventPath);
  return await timelineOf(call, subject);
}

async function timelineOf(
  { query: { points, ...range }, services }: Call<typeof TimelineOptions>,
  subject: TimelineSubject,
): Promise<Response> {
  const datapoints = await services.events.timeline(subject, range);
  return json({
    datapoints: points === "pairs" ? datapoints : datapoints.map(([time, value]) => ({ time, value })),
  });
}

function accountEvent(call: Pick<Call, "context">): z.output<typeof AccountEventPath> {
  const [app, account, event] = [param(call, "app"), param(call, "account"), param(call, "event")];
  return check({ app, account, event }, AccountEventPath);
}
