/** Recaps, and until when somebody has read a channel. */
import type { z } from "zod";
import { LAST_VISIT, ReadBody, RecapBody, type RecapQuery } from "../../api/conversations.ts";
import type { RecapPoint } from "../../domain/conversations/recap/mod.ts";
import type { RecapQuestion, Recaps } from "../../domain/conversations/recaps.ts";
import { iso } from "../../domain/time.ts";
import { envelope } from "../envelope.ts";
import { readJsonOfAnyType } from "../request.ts";
import { type Call, param } from "../route.ts";
import { presenceOf, userOf, zoneOf } from "./person.ts";
import { momentOf, renderPlaced } from "./stats.ts";

export async function showRecap(call: Call<typeof RecapQuery>): Promise<Response> {
  return await answerRecap(call, call.query);
}

export async function showRecapSince(call: Call): Promise<Response> {
  return await answerRecap(call, await readJsonOfAnyType(call, RecapBody));
}

export async function showAllRecaps(call: Call<typeof RecapQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const channels = await call.services.conversations.recaps.ofAll(
    person,
    await questionOf(call, person, call.query),
  );
  return envelope({ channels: channels.map(({ id, name, recap }) => ({ id, name, ...renderRecap(recap) })) });
}

export async function markRead(call: Call): Promise<Response> {
  const { person } = await userOf(call);
  const { until, timezone } = await readJsonOfAnyType(call, ReadBody);
  const zone = await zoneOf(call, person, timezone);
  const { recaps } = call.services.conversations;
  const read = await recaps.markRead(person, param(call, "channel_id"), momentOf(until, zone));
  return envelope({ until: iso(read) });
}

async function answerRecap(
  call: Pick<Call, "request" | "services" | "context">,
  query: z.output<typeof RecapQuery>,
): Promise<Response> {
  const { person } = await userOf(call);
  const { recaps } = call.services.conversations;
  const question = await questionOf(call, person, query);
  return envelope(renderRecap(await recaps.ofChannel(person, param(call, "channel_id"), question)));
}

async function questionOf(
  call: Pick<Call, "request" | "services">,
  person: string,
  { since, until, timezone, words }: z.output<typeof RecapQuery>,
): Promise<RecapQuestion> {
  const zone = await zoneOf(call, person, timezone);
  return {
    since: since === LAST_VISIT ? LAST_VISIT : momentOf(since, zone),
    until: momentOf(until, zone),
    words,
    isPresent: presenceOf(call),
  };
}

function renderRecap(
  { since, until, people, messages, method, recap, cited }: Awaited<ReturnType<Recaps["ofChannel"]>>,
) {
  const point = ({ messages, ...rest }: RecapPoint) => ({
    ...rest,
    messages: messages.map((id) => ({ id, ...renderPlaced(cited.get(id)!) })),
  });
  return {
    since: iso(since),
    until: iso(until),
    people,
    messages,
    method,
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
