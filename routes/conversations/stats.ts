/** Statistics of a user's channels. Each answer needs a token from POST /api/auth. */
import type { Context } from "hono";
import { z } from "zod";
import { DAY_MS } from "../../db/conversations/messages.ts";
import type { LoggedIn } from "../../domain/conversations/tokens.ts";
import type { PulseBucket } from "../../domain/conversations/statistics.ts";
import type { Services } from "../services.ts";
import { envelope } from "./envelope.ts";
import { bearerOf } from "../gate.ts";
import { check, readJsonOfAnyType } from "../request.ts";
import { param, type Route, type RouteReference } from "../route.ts";

const whole = (min: number, max: number) => {
  const wanted = `must be a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d{1,6}$/, wanted).transform(Number)
    .refine((number) => number >= min && number <= max, wanted).optional();
};
const isoTime = z.iso.datetime({ offset: true, local: true, error: "must be an ISO 8601 time" })
  .or(z.iso.date({ error: "must be an ISO 8601 time" }));

const hours = whole(1, 744);
const PulseQuery = z.object({ hours, interval: whole(1, 1440) });
const ActiveQuery = z.object({ hours, limit: whole(1, 100) });
const SummariesQuery = z.object({ days: whole(1, 3660) });
/** A time without a zone is UTC. */
const PeriodBody = z.object({ time: isoTime, until: isoTime.optional() });

const ERRORS: RouteReference["errors"] = ["unauthorized", "channel-not-found", "invalid-request"];
const example = (data: unknown, description: string) => ({
  200: { description, example: { status: 200, data, message: "OK" } },
});
const PULSE = example(
  [{ rate: 0.5, time: "2026-01-02T03:00:00.000Z" }, { rate: 1, time: "2026-01-02T03:05:00.000Z" }],
  "Ascending; `rate` is relative to the busiest bucket. Empty when nothing was said",
);
const REPRESENTATIVES = example(
  [{ username: "ann", message: "the deploy is rolled back until the disk is replaced" }],
  "Up to five messages in the order they were written",
);
const SUMMARY = example(
  { summary: "ann: The deploy is rolled back until the disk is replaced.", method: "extractive" },
  "At most 100 words; `method` is `extractive` or `model`",
);
const SINCE = { schema: PeriodBody, example: { time: "2026-01-01T00:00:00Z" } };

/** A bucket's time as everything here shows times. */
export function renderPulse(pulse: readonly PulseBucket[]) {
  return pulse.map(({ rate, time }) => ({ rate, time: new Date(time).toISOString() }));
}

export function statsRoutes(
  { conversations: { accounts, statistics } }: Pick<Services, "conversations">,
): Route[] {
  const route = (
    method: Route["method"],
    path: string,
    summary: string,
    reference: RouteReference,
    answer: (user: LoggedIn, context: Context) => Promise<unknown>,
  ): Route => ({
    method,
    path: `/api/stats/${path}`,
    scope: "public",
    summary,
    reference: { errors: ERRORS!, ...reference },
    async handle(context) {
      const user = await accounts.whoIs(bearerOf(context.req.raw.headers));
      return envelope(await answer(user, context));
    },
  });
  return [
    route("GET", "pulse", "Activity of all channels", { query: PulseQuery, answers: PULSE }, pulse),
    route("GET", "pulse/:channel_id", "Activity of a channel", { query: PulseQuery, answers: PULSE }, pulse),
    route("GET", "most_active/:channel_id", "Who writes most", {
      query: ActiveQuery,
      answers: example(["ann", "bob"], "Most messages first"),
    }, mostActive),
    route("GET", "hot_topics/:channel_id", "What is talked about more than usual", {
      answers: example(["disk", "rolled back deploy"], "Up to ten keyphrases, hottest first"),
    }, ({ person }, context) => statistics.hotTopics(person, param(context, "channel_id"))),
    route(
      "GET",
      "representative_messages/:channel_id",
      "Messages that stand for the past day",
      { answers: REPRESENTATIVES },
      representatives,
    ),
    route(
      "POST",
      "representative_messages/:channel_id",
      "Messages that stand for a period",
      { body: SINCE, answers: REPRESENTATIVES },
      representatives,
    ),
    route("GET", "summary/:channel_id", "The past day in 100 words", { answers: SUMMARY }, summary),
    route(
      "POST",
      "summary/:channel_id",
      "A period in 100 words",
      { body: SINCE, answers: SUMMARY },
      summary,
    ),
    route("GET", "summaries/:channel_id", "Summaries of past days", {
      query: SummariesQuery,
      answers: example(
        [{ day: "2026-01-01", summary: "ann: The disk is full.", messages: 120, people: 7 }],
        "Finished days in which something was said, ascending",
      ),
    }, summaries),
  ];

  async function pulse({ person }: LoggedIn, { req }: Context) {
    const options = check(req.query(), PulseQuery);
    return renderPulse(await statistics.pulse(person, req.param("channel_id"), options));
  }

  function mostActive({ person }: LoggedIn, context: Context) {
    const { hours, limit } = check(context.req.query(), ActiveQuery);
    return statistics.mostActive(person, param(context, "channel_id"), {
      ...(hours !== undefined && { hours }),
      ...(limit !== undefined && { limit }),
    });
  }

  async function representatives({ person }: LoggedIn, context: Context) {
    return await statistics.representatives(person, param(context, "channel_id"), await periodOf(context));
  }

  async function summary({ person }: LoggedIn, context: Context) {
    return await statistics.summary(person, param(context, "channel_id"), await periodOf(context));
  }

  async function summaries({ person }: LoggedIn, context: Context) {
    const { days = 30 } = check(context.req.query(), SummariesQuery);
    const stored = await statistics.summaries(person, param(context, "channel_id"), days);
    return stored.map(({ day, ...rest }) => ({
      day: new Date(day * DAY_MS).toISOString().slice(0, 10),
      ...rest,
    }));
  }
}

/** The period that the body of a POST names. */
async function periodOf({ req }: Context) {
  if (req.method !== "POST") return undefined;
  const { time, until } = await readJsonOfAnyType(req.raw, PeriodBody);
  return { from: toMillis(time), ...(until !== undefined && { until: toMillis(until) }) };
}

function toMillis(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
}
