/** Statistics of a user's channels. Each answer needs a token from POST /api/auth. */
import {
  type ActiveQuery,
  PeriodBody,
  type PulseQuery,
  RecapBody,
  type RecapQuery,
  type SummariesQuery,
} from "../../api/conversations.ts";
import { DAY_MS } from "../../domain/time.ts";
import type { RecapPoint } from "../../domain/conversations/recap/mod.ts";
import type { PulseBucket, Statistics } from "../../domain/conversations/statistics.ts";
import type { z } from "zod";
import { envelope } from "../envelope.ts";
import { readJsonOfAnyType } from "../request.ts";
import { type Call, param } from "../route.ts";
import { userOf } from "./person.ts";

/** A bucket's time as everything here shows times. */
export function renderPulse(pulse: readonly PulseBucket[]) {
  return pulse.map(({ rate, time }) => ({ rate, time: new Date(time).toISOString() }));
}

export async function showPulse(call: Call<typeof PulseQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const channel = call.context.req.param("channel_id");
  return envelope(
    renderPulse(await call.services.conversations.statistics.pulse(person, channel, call.query)),
  );
}

export async function showMostActive(call: Call<typeof ActiveQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const { hours, limit } = call.query;
  return envelope(
    await call.services.conversations.statistics.mostActive(person, param(call, "channel_id"), {
      ...(hours !== undefined && { hours }),
      ...(limit !== undefined && { limit }),
    }),
  );
}

export async function showHotTopics(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  return envelope(await call.services.conversations.statistics.hotTopics(person, param(call, "channel_id")));
}

export async function showRepresentatives(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  const { statistics } = call.services.conversations;
  return envelope(await statistics.representatives(person, param(call, "channel_id"), await periodOf(call)));
}

export async function showSummary(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  const { statistics } = call.services.conversations;
  return envelope(await statistics.summary(person, param(call, "channel_id"), await periodOf(call)));
}

export async function showSummaries(call: Call<typeof SummariesQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const { days = 30 } = call.query;
  const stored = await call.services.conversations.statistics.summaries(
    person,
    param(call, "channel_id"),
    days,
  );
  return envelope(stored.map(({ day, ...rest }) => ({
    day: new Date(day * DAY_MS).toISOString().slice(0, 10),
    ...rest,
  })));
}

export async function showRecap(call: Call<typeof RecapQuery>): Promise<Response> {
  return await answerRecap(call, call.query);
}

export async function showRecapSince(call: Call): Promise<Response> {
  return await answerRecap(call, await readJsonOfAnyType(call.request, RecapBody));
}

async function answerRecap(
  call: Pick<Call, "request" | "services" | "context">,
  { since, until, words = RECAP_WORDS }: z.output<typeof RecapQuery>,
): Promise<Response> {
  const { person } = await userOf(call);
  const { conversations: { statistics }, clock } = call.services;
  const from = since ?? (until ?? clock()) - DAY_MS;
  const period = since === undefined && until === undefined
    ? undefined
    : { from, ...(until !== undefined && { until }) };
  return envelope(renderRecap(await statistics.recap(person, param(call, "channel_id"), period, words)));
}

const RECAP_WORDS = 200;
const iso = (time: number) => new Date(time).toISOString();

function renderRecap(
  { since, until, people, messages, recap, cited }: Awaited<ReturnType<Statistics["recap"]>>,
) {
  const point = ({ messages, ...rest }: RecapPoint) => ({
    ...rest,
    messages: messages.map((id) => {
      const { time, username, link } = cited.get(id)!;
      return { id, time: iso(time), username, ...(link !== undefined && { link }) };
    }),
  });
  return {
    since: iso(since),
    until: iso(until),
    people,
    messages,
    text: recap.text,
    topics: recap.topics.map(({ from, to, points, ...topic }) => ({
      ...topic,
      from: iso(from),
      to: iso(to),
      points: points.map(point),
    })),
    open_questions: recap.open_questions.map(point),
    actions: recap.actions.map(point),
  };
}

/** The period that the body of a POST names. */
async function periodOf({ request }: Pick<Call, "request">) {
  if (request.method !== "POST") return undefined;
  const { time, until } = await readJsonOfAnyType(request, PeriodBody);
  return { from: time, ...(until !== undefined && { until }) };
}
