/** Conversations, for people who have logged in: what their channels are about. */
import type { z } from "zod";
import type { LoggedIn, PulseAnswer, Recaps, Topics, Usernames } from "../../api/conversations.ts";
import type { Remember } from "../login.tsx";
import { Action, count, DAY_MS, Empty, part, Refused, type Shown, Spark, type View, When } from "../view.tsx";

const SPANS = { "24h": [1, "24 hours"], "7d": [7, "7 days"], "31d": [31, "31 days"] } as const;
type SpanName = keyof typeof SPANS;
const MOST_CHANNELS = 12;
/** Messages that a point names. */
const MOST_CITED = 3;

type Channel = z.output<typeof Recaps>["data"]["channels"][number];
type Point = Channel["topics"][number]["points"][number];

/** The recap of each channel, or the form that logs in. */
export async function conversationsPage(view: View): Promise<Shown> {
  const asked = askedOf(view);
  const [recaps, pulse] = view.hasPerson
    ? await Promise.all([
      view.read<z.output<typeof Recaps>>(`/api/stats/recap?${asked.query}`).catch((error) => {
        if (error instanceof Refused && error.status === 401) return undefined;
        throw error;
      }),
      view.glance<z.output<typeof PulseAnswer>>("/api/stats/pulse"),
    ])
    : [];
  if (recaps === undefined) return { title: "Conversations", body: <LogIn view={view} /> };
  const channels = recaps.data.channels.slice(0, MOST_CHANNELS);
  const lively = await Promise.all(channels.map(({ id }) => readLively(view, id)));
  return {
    title: "Conversations",
    body: (
      <div class="stack">
        <h1>Conversations</h1>
        <StretchForm view={view} asked={asked} />
        {pulse !== undefined && <Pulse {...pulse} />}
        {channels.length === 0 && (
          <section class="card">
            <Empty says="Nothing was said in this time, in channels that you may read." />
          </section>
        )}
        {channels.map((channel, i) => <Recap zone={asked.zone} channel={channel} {...lively[i]!} />)}
      </div>
    ),
  };
}

/** What a channel is about these days, and who writes most. */
async function readLively(view: View, channel: string): Promise<Pick<RecapProps, "topics" | "people">> {
  const [topics, people] = await Promise.all([
    view.glance<z.output<typeof Topics>>(`/api/stats/hot_topics/${part(channel)}`),
    view.glance<z.output<typeof Usernames>>(`/api/stats/most_active/${part(channel)}`),
  ]);
  return { topics: topics?.data ?? [], people: people?.data ?? [] };
}

function Pulse({ data }: Pick<z.output<typeof PulseAnswer>, "data">) {
  return (
    <section class="card">
      <h2>Pulse of your channels, the last 24 hours</h2>
      <Spark
        values={data.map(({ rate }) => rate)}
        label="How busy your channels were, in steps of five minutes"
      />
    </section>
  );
}

/** Which time is recapped: the last days, or from one moment to another in the reader's zone. */
function askedOf({ query }: View) {
  const given = (name: string) => query.get(name)?.trim() || undefined;
  const name = given("span") ?? "", since = given("since"), until = given("until");
  const isStretch = since !== undefined && !Object.hasOwn(SPANS, name);
  const span = isStretch ? undefined : Object.hasOwn(SPANS, name) ? name as SpanName : "24h";
  const zone = given("timezone");
  const wanted = span === undefined
    ? { since, until, timezone: zone }
    : { since: new Date(Date.now() - SPANS[span][0] * DAY_MS).toISOString(), timezone: zone };
  const pairs = Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { span, since, until, zone: zone ?? "UTC", query: new URLSearchParams(pairs) };
}

/** Buttons for usual stretches, and fields for any. A script fills in the zone of the browser. */
function StretchForm({ view, asked }: { view: View; asked: ReturnType<typeof askedOf> }) {
  const { span, since, until, zone } = asked;
  return (
    <section class="card stack">
      <div class="between">
        <form class="row" method="get">
          <input type="hidden" name="timezone" value={zone} data-zone />
          {Object.entries(SPANS).map(([name, [, title]]) => (
            <button
              class="quiet"
              type="submit"
              name="span"
              value={name}
              aria-current={name === span ? "true" : undefined}
            >
              {title}
            </button>
          ))}
        </form>
        <Action view={view} to="/conversations/logout">
          <button class="quiet" type="submit">Log out</button>
        </Action>
      </div>
      <form class="row" method="get">
        <input type="hidden" name="timezone" value={zone} data-zone />
        <label>
          From <input name="since" type="datetime-local" value={since ?? ""} required />
        </label>
        <label>
          To <input name="until" type="datetime-local" value={until ?? ""} />
        </label>
        <button class="quiet" type="submit">Show this time</button>
        <span class="soft">Times are in {zone}.</span>
      </form>
    </section>
  );
}

interface RecapProps {
  readonly zone: string;
  readonly channel: Channel;
  readonly topics: readonly string[];
  readonly people: readonly string[];
}

function Recap({ zone, channel, topics, people }: RecapProps) {
  const decisions = channel.topics.flatMap(({ points }) => points.filter(({ kind }) => kind === "decision"));
  return (
    <section class="card stack">
      <h2>{channel.name}</h2>
      <p class="soft">
        {count(channel.messages)} messages of {count(channel.people.length)} people. Most active:{" "}
        {people.join(", ") || "nobody"}
      </p>
      {topics.length > 0 && <p class="row">{topics.map((topic) => <span class="tag">{topic}</span>)}</p>}
      {channel.topics.map((topic) => (
        <article>
          <h3>{topic.title}</h3>
          {!saysTheSame(topic) && <p>{topic.summary}</p>}
          <Points zone={zone} of={topic.points} />
        </article>
      ))}
      <Statements title="Decisions" zone={zone} of={decisions} />
      <Statements title="To do" zone={zone} of={channel.actions} />
      <Statements title="Open questions" zone={zone} of={channel.open_questions} />
    </section>
  );
}

/** Whether the summary of a topic is no more than its only point. */
const saysTheSame = ({ summary, points }: Channel["topics"][number]) =>
  points.length === 1 && summary.endsWith(points[0]!.text);

function Statements({ title, zone, of }: { title: string; zone: string; of: readonly Point[] }) {
  if (of.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <Points zone={zone} of={of} />
    </div>
  );
}

function Points({ zone, of }: { zone: string; of: readonly Point[] }) {
  return (
    <ul class="list">
      {of.map(({ kind, text, who, messages }) => (
        <li>
          <span class="tag">{kind}</span> {text}{" "}
          {who !== undefined && who !== messages[0]?.username && <span class="soft">({who})</span>}
          {messages.slice(0, MOST_CITED).map(({ username, time, link }) => (
            <span class="soft cited">
              {" "}
              {username}, <When time={time} zone={zone} /> <Source link={link} />
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** Links come from other systems: only web addresses are followed. */
function Source({ link }: { link: string | undefined }) {
  return link !== undefined && /^https?:\/\//i.test(link)
    ? <a href={link} rel="noreferrer">message</a>
    : null;
}

function LogIn({ view }: { view: View }) {
  return (
    <section class="card stack">
      <h1>Conversations</h1>
      <p class="soft">
        Log in to see what your channels are about. An operator makes accounts:{" "}
        <code>deno task runnel users add NAME --channels CHANNEL</code>.
      </p>
      <Action view={view} to="/conversations" class="fields">
        <label>
          Name<input name="username" autocomplete="username" required />
        </label>
        <label>
          Password<input name="password" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit">Log in</button>
      </Action>
    </section>
  );
}

/** Remembers the token of a person. */
export async function logIn(view: View, remember: Remember): Promise<string> {
  const { data } = await view.read<z.output<typeof LoggedIn>>("/api/auth", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      username: view.form.get("username") ?? "",
      password: view.form.get("password") ?? "",
    }),
  });
  remember("person", data.token);
  return "/dashboard/conversations";
}

/** Ends the token, everywhere. */
export async function logOut(view: View, remember: Remember): Promise<string> {
  await view.api("/api/auth/logout", { method: "POST" });
  remember("person", "", 0);
  return "/dashboard/conversations";
}
