/** Statistics of a user's channels. Each answer needs a token from POST /api/auth. */
import {
  type ActiveQuery,
  type LimitQuery,
  type PulseQuery,
  RepresentativesBody,
  type SummariesQuery,
  SummaryBody,
  type WordsQuery,
} from "../../api/conversations.ts";
import { iso, timeIn } from "../../domain/time.ts";
import type { Period } from "../../domain/conversations/spans.ts";
import type { PlacedMessage, PulseBucket } from "../../domain/conversations/statistics.ts";
import { envelope } from "../envelope.ts";
import { readJsonOfAnyType } from "../request.ts";
import { type Call, param } from "../route.ts";
import { presenceOf, userOf, zoneOf } from "./person.ts";

type AnyCall = Pick<Call, "request" | "services" | "context">;

/** A bucket's time as everything here shows times. */
export function renderPulse(pulse: readonly PulseBucket[]) {
  return pulse.map(({ rate, time }) => ({ rate, time: iso(time) }));
}

export async function showPulse(call: Call<typeof PulseQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const channel = call.context.req.param("channel_id");
  const options = { ...call.query, timezone: await zoneOf(call, person, call.query.timezone) };
  return envelope(renderPulse(await call.services.conversations.statistics.pulse(person, channel, options)));
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

export async function showHotTopics(call: Call<typeof LimitQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const { statistics } = call.services.conversations;
  return envelope(
    await statistics.hotTopics(person, param(call, "channel_id"), call.query.limit, presenceOf(call)),
  );
}

export async function showRepresentatives(call: Call<typeof LimitQuery>): Promise<Response> {
  return await answerRepresentatives(call, undefined, call.query.limit);
}

export async function showRepresentativesSince(call: Call): Promise<Response> {
  const { limit, ...period } = await readJsonOfAnyType(call, RepresentativesBody);
  return await answerRepresentatives(call, await periodOf(call, period), limit);
}

async function answerRepresentatives(call: AnyCall, period: Period | undefined, limit: number | undefined) {
  const { person } = await userOf(call);
  const { statistics } = call.services.conversations;
  const channel = param(call, "channel_id");
  const chosen = await statistics.representatives(person, channel, period, limit, presenceOf(call));
  return envelope(chosen.map(renderPlaced));
}

export async function showSummary(call: Call<typeof WordsQuery>): Promise<Response> {
  return await answerSummary(call, undefined, call.query.words);
}

export async function showSummarySince(call: Call): Promise<Response> {
  const { words, ...period } = await readJsonOfAnyType(call, SummaryBody);
  return await answerSummary(call, await periodOf(call, period), words);
}

async function answerSummary(call: AnyCall, period: Period | undefined, words: number | undefined) {
  const { person } = await userOf(call);
  const { statistics } = call.services.conversations;
  const channel = param(call, "channel_id");
  const { messages, ...summary } = await statistics.summary(person, channel, period, words, presenceOf(call));
  return envelope({ ...summary, messages: messages.map(renderPlaced) });
}

export async function showSummaries(call: Call<typeof SummariesQuery>): Promise<Response> {
  const { person } = await userOf(call);
  const { days = 30, timezone } = call.query;
  const zone = await zoneOf(call, person, timezone);
  const { statistics } = call.services.conversations;
  const channel = param(call, "channel_id");
  return envelope(await statistics.summaries(person, channel, days, zone, presenceOf(call)));
}

/** A message that an answer stands on, as answers show it. */
export function renderPlaced<Placed extends Omit<PlacedMessage, "id">>({ time, link, ...rest }: Placed) {
  return { ...rest, time: iso(time), ...(link !== undefined && { link }) };
}

/** The moment of a text; where it names no zone it is local in the time zone. */
export const momentOf = (text: string | undefined, timezone: string) =>
  text === undefined ? undefined : timeIn(timezone, text);

interface NamedPeriod {
  readonly time: string;
  readonly until?: string | undefined;
  readonly timezone?: string | undefined;
}

/** The period that a body names. */
async function periodOf(call: AnyCall, { time, until, timezone }: NamedPeriod): Promise<Period> {
  const zone = await zoneOf(call, (await userOf(call)).person, timezone);
  return { from: momentOf(time, zone)!, until: momentOf(until, zone) };
}
