/** The wire shapes of conversations. */
import { z } from "zod";
import { MAX_PASSWORD } from "../domain/conversations/people/accounts.ts";
import { MAX_BATCH, PostedMessage, UserName } from "../domain/conversations/inbox.ts";
import { POINT_KINDS } from "../domain/conversations/recap/mod.ts";
import { Moment, settings, wholeNumber } from "./parameters.ts";
import { isTimeZone, Time, WANTED_TIME } from "../domain/time.ts";

/** A name and its password. */
export const Credentials = z.object({
  username: UserName,
  password: z.string().min(1, "must not be empty").max(
    MAX_PASSWORD,
    `must have at most ${MAX_PASSWORD} characters`,
  ),
  device: z.string().max(2000).optional().meta({
    description: "What the last login on this device answered: wrong passwords of others do not keep it out.",
  }),
});

/** Several messages, and who may read their channel. */
export const PostedChannel = z.strictObject({
  messages: z.lazy(() => PostedMessages),
  members: z.array(UserName).max(1_000, "must have at most 1000 names").optional()
    .meta({ description: "Own users who may read the channel from now on." }),
  public: z.boolean().optional().meta({ description: "Whether every person of Runnel may read it." }),
});

/** Many messages of one channel. */
export const PostedMessages = z.array(PostedMessage).min(1, "must have at least one message").max(
  MAX_BATCH,
  `must have at most ${MAX_BATCH} messages`,
);

/** The name of a time zone. */
const TimeZone = z.string().refine(isTimeZone, "an IANA time zone, such as Europe/Berlin");
const timezone = TimeZone.optional().meta({
  description: "IANA time zone of days, and of times that name none; the person's own unless given.",
});
/** In which time zone a person's times and days are meant. */
export const ZoneBody = settings({ timezone: TimeZone });
const hours = wholeNumber(1, 744, "How far back, in hours; 24 unless given.").optional();
/** How far back a pulse goes, and in which steps. */
export const PulseQuery = z.object({
  hours,
  interval: wholeNumber(1, 1440, "Minutes of a bucket; 5 unless given.").optional(),
  timezone,
});
/** Of which time the most active people are wanted, and how many. */
export const ActiveQuery = z.object({
  hours,
  limit: wholeNumber(1, 100, "At most so many people; 5 unless given.").optional(),
});
/** How many days of summaries. */
export const SummariesQuery = z.object({
  days: wholeNumber(1, 3660, "Days up to now; 30 unless given. Of days of another zone than UTC at most 31.")
    .optional(),
  timezone,
});
/** A time as text; where it names no zone, `timezone` says which one is meant. */
const isTime = (text: string) => Time.safeParse(text).success;
const LocalTime = z.string(WANTED_TIME).refine(isTime, WANTED_TIME);
const until = LocalTime.optional().meta({ description: "Until when; now unless given." });
const limit = wholeNumber(1, 100, "At most so many; 5 messages or 10 topics unless given.").optional();
const summaryWords = wholeNumber(20, 1000, "At most so many words; 100 unless given.").optional();
/** How many are wanted. */
export const LimitQuery = z.object({ limit });
/** How long a summary is. */
export const WordsQuery = z.object({ words: summaryWords });
const period = { time: LocalTime, until, timezone };
/** A stretch of time, and how many messages are to stand for it. */
export const RepresentativesBody = settings({ ...period, limit });
/** A stretch of time, and in how many words. */
export const SummaryBody = settings({ ...period, words: summaryWords });

/** An answer of /api/auth or /api/stats, with its data. */
const enveloped = <Data extends z.ZodType>(data: Data) =>
  z.strictObject({ status: z.literal(200), data, message: z.string() });

/** The time zone of a person. */
export const Zone = enveloped(z.strictObject({ timezone: z.string() })).meta({ id: "Zone" });
/** How busy each bucket of time was. */
export const Pulse = z.array(z.strictObject({
  rate: z.number().min(0).max(1).meta({ description: "Relative to the busiest bucket." }),
  time: Moment,
})).meta({ id: "Pulse" });
const Username = z.string();

/** The answer to a login. */
export const LoggedIn = enveloped(z.strictObject({
  token: z.string(),
  device: z.string().meta({
    description: "Send it with the next login on this device; alone it lets nobody in.",
  }),
  channels: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  pulse: Pulse,
})).meta({ id: "LoggedIn" });
/** The answer to a logout. */
export const LoggedOut = enveloped(z.strictObject({})).meta({ id: "LoggedOut" });
export const PulseAnswer = enveloped(Pulse).meta({ id: "PulseAnswer" });
export const Usernames = enveloped(z.array(Username)).meta({ id: "Usernames" });
export const Topics = enveloped(z.array(z.string())).meta({ id: "Topics" });
/** A message, and where its source shows it. */
const Cited = z.strictObject({
  id: z.string(),
  time: Moment,
  username: Username,
  link: z.string().optional().meta({ description: "Where its source shows it." }),
});
const method = z.enum(["extractive", "model"]);
export const Representatives = enveloped(z.array(Cited.extend({ message: z.string() }))).meta({
  id: "Representatives",
});
export const Summary = enveloped(z.strictObject({
  summary: z.string(),
  method,
  messages: z.array(Cited).meta({ description: "What it stands on." }),
})).meta({ id: "Summary" });
export const Summaries = enveloped(z.array(z.strictObject({
  day: z.iso.date(),
  summary: z.string(),
  messages: z.int(),
  people: z.int(),
}))).meta({ id: "Summaries" });
/** The ids of stored messages. */
export const StoredMessages = z.strictObject({ ids: z.array(z.string()) }).meta({ id: "StoredMessages" });

const words = wholeNumber(20, 1000, "At most so many words; 200 unless given.").optional();
/** Instead of a time: until when the person has read the channel. */
export const LAST_VISIT = "last-visit";
const WANTED_SINCE = `${LAST_VISIT}, or ${WANTED_TIME}`;
const recapOf = {
  since: z.string(WANTED_SINCE).refine((text) => text === LAST_VISIT || isTime(text), WANTED_SINCE).optional()
    .meta({
      description:
        "From when on: a time, or `last-visit`, until when the channel was marked as read. 24 hours ago unless given.",
    }),
  until,
  timezone,
  words,
};
/** Which stretch is recapped, and how long the recap is. */
export const RecapQuery = z.object(recapOf);
/** The same in a body. */
export const RecapBody = settings(recapOf);
/** Until when a channel was read. */
export const ReadBody = settings({ until, timezone });
/** The answer to that. */
export const ReadUntil = enveloped(z.strictObject({ until: Moment })).meta({ id: "ReadUntil" });

const Point = z.strictObject({
  kind: z.enum(POINT_KINDS),
  text: z.string(),
  who: Username.optional(),
  due: z.string().optional().meta({ description: "When it is due, in the words of the text." }),
  messages: z.array(Cited).meta({ description: "What it stands on, the statement itself first." }),
}).meta({ id: "RecapPoint" });
const recap = {
  since: Moment,
  until: Moment,
  people: z.array(Username),
  messages: z.int(),
  method,
  text: z.string().meta({ description: "All topics in a few lines." }),
  topics: z.array(z.strictObject({
    title: z.string(),
    from: Moment,
    to: Moment,
    people: z.array(Username),
    messages: z.int(),
    summary: z.string(),
    points: z.array(Point),
  })).meta({ description: "The most important first." }),
  open_questions: z.array(Point),
  actions: z.array(Point),
};
/** What somebody who was away needs to know of a channel. */
export const Recap = enveloped(z.strictObject(recap)).meta({ id: "Recap" });
/** The same of all channels. */
export const Recaps = enveloped(z.strictObject({
  channels: z.array(z.strictObject({ id: z.string(), name: z.string(), ...recap })),
})).meta({ id: "Recaps" });
