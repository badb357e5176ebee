/** Conversations, for people who have logged in: what their channels are about. */
import type { z } from "zod";
import type { LoggedIn, PulseAnswer, Recaps, Topics, Usernames } from "../../api/conversations.ts";
import type { Remember } from "../login.tsx";
import { Action, count, Empty, part, Refused, type Shown, Spark, type View, When } from "../view.tsx";

const SPANS = { "24h": [1, "24 hours"], "7d": [7, "7 days"], "31d": [31, "31 days"] } as const;
const MOST_CHANNELS = 12;

type Channel = z.output<typeof Recaps>["data"]["channels"][number];
type Point = Channel["topics"][number]["points"][number];

/** The recap of each channel, or the form that logs in. */
export async function conversationsPage(view: View): Promise<Shown> {
  const asked = view.query.get("span") ?? "24h";
  const span = Object.hasOwn(SPANS, asked) ? asked as keyof typeof SPANS : "24h";
  const since = new Date(Date.now() - SPANS[span][0] * 86_400_000).toISOString();
  const recaps = view.hasPerson
    ? await view.read<z.output<typeof Recaps>>(`/api/stats/recap?since=${part(since)}`).catch((error) => {
      if (error instanceof Refused && error.status === 401) return undefined;
      throw error;
    })
    : undefined;
  if (recaps === undefined) return { title: "Conversations", body: <LogIn view={view} /> };
  const pulse = await view.glance<z.output<typeof PulseAnswer>>("/api/stats/pulse");
  const channels = recaps.data.channels.slice(0, MOST_CHANNELS);
  const more = await Promise.all(channels.map(async ({ id }) => ({
    topics: await view.glance<z.output<typeof Topics>>(`/api/stats/hot_topics/${part(id)}`),
    people: await view.glance<z.output<typeof Usernames>>(`/api/stats/most_active/${part(id)}`),
  })));
  return {
    title: "Conversations",
    body: (
      <div class="stack">
        <h1>Conversations</h1>
        <div class="row">
          {Object.entries(SPANS).map(([name, [, title]]) => (
            <a class="quiet" href={`?span=${name}`} aria-current={name === span ? "true" : undefined}>
              {title}
            </a>
          ))}
          <Action view={view} to="/conversations/logout">
            <button class="quiet" type="submit">Log out</button>
          </Action>
        </div>
        {pulse !== undefined && (
          <section class="card">
            <h2>Pulse of your channels, the last 24 hours</h2>
            <Spark
              values={pulse.data.map(({ rate }) => rate)}
              label="How busy your channels were, in steps of five minutes"
            />
          </section>
        )}
        {channels.length === 0 && (
          <section class="card">
            <Empty says="Nothing was said in this time, in channels that you may read." />
          </section>
        )}
        {channels.map((channel, i) => (
          <Recap
            channel={channel}
            topics={more[i]!.topics?.data ?? []}
            people={more[i]!.people?.data ?? []}
          />
        ))}
      </div>
    ),
  };
}

function Recap(
  { channel, topics, people }: { channel: Channel; topics: readonly string[]; people: readonly string[] },
) {
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
          <p>{topic.summary}</p>
          <Points of={topic.points} />
        </article>
      ))}
      {channel.actions.length > 0 && (
        <div>
          <h3>To do</h3>
          <Points of={channel.actions} />
        </div>
      )}
      {channel.open_questions.length > 0 && (
        <div>
          <h3>Open questions</h3>
          <Points of={channel.open_questions} />
        </div>
      )}
    </section>
  );
}

function Points({ of }: { of: readonly Point[] }) {
  return (
    <ul class="list">
      {of.map(({ kind, text, who, messages: [message] }) => (
        <li>
          <span class="tag">{kind}</span> {text}{" "}
          {who !== undefined && who !== message?.username && <span class="soft">({who})</span>}{" "}
          {message !== undefined && (
            <>
              <span class="soft">
                {message.username}, <When time={message.time} /> <Source link={message.link} />
              </span>
            </>
          )}
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
