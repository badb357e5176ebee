/** The first page: what every area holds, what came last, and what to try first. */
import type { Child } from "hono/jsx";
import type { z } from "zod";
import type { ChannelList, ItemList } from "../api/channels.ts";
import type { Apps } from "../api/profiles.ts";
import type { References } from "../api/series.ts";
import type { StartsByCountry } from "../api/sessions.ts";
import type { Home } from "../api/system.ts";
import { course, type History, perSecond, stretch, Trend } from "./charts.tsx";
import { textOf } from "./channels/text.ts";
import { newestStarts } from "./sessions/pages.tsx";
import {
  bytes,
  Command,
  count,
  Empty,
  Figure,
  part,
  Refreshing,
  type Shown,
  span,
  type View,
  When,
} from "./view.tsx";

const SHOWN = 4;

/** The page of every visitor; what needs a key is left out where there is none. */
export async function homePage(view: View): Promise<Shown> {
  const time = stretch("1h");
  const overview = await readOverview(view, time);
  const { holds, history } = overview;
  const isEmpty = holds.channels + holds.profiles + holds.series + holds.sessions + holds.conversations === 0;
  return {
    title: "Runnel",
    body: (
      <>
        <h1>{isEmpty ? "Runnel is running" : "Overview"}</h1>
        <p class="lead">
          {isEmpty
            ? "There is nothing to see yet. Send a first line from a terminal, and watch it appear here; or fill every page with lively data: deno task demo."
            : "Everything that this process holds. It looks again every five seconds."}
        </p>
        <Refreshing view={view} id="home" seconds={5}>
          <div class="grid">
            <Areas {...overview} view={view} time={time} />
            <Process history={history} time={time} />
          </div>
        </Refreshing>
        <FirstSteps view={view} />
      </>
    ),
  };
}

type Stretch = ReturnType<typeof stretch>;
/** What the page shows; undefined is what the visitor may not see. */
type Overview = Awaited<ReturnType<typeof readOverview>>;

async function readOverview(view: View, time: Stretch) {
  const [{ holds }, channels, references, apps, starts, history] = await Promise.all([
    view.read<z.output<typeof Home>>("/"),
    view.glance<z.output<typeof ChannelList>>(`/channel?limit=${SHOWN}`),
    view.glance<z.output<typeof References>>("/api/store"),
    view.glance<z.output<typeof Apps>>("/analytics"),
    view.glance<z.output<typeof StartsByCountry>>("/user/last-events?days=7&limit=2"),
    view.glance<History>(`/figures?${time.asked}`),
  ]);
  const newest = channels &&
    await Promise.all(channels._links.channels.map(({ name }) => newestItem(view, name)));
  return { holds, newest, references, apps, starts, history };
}

/** A card for each area. */
function Areas(
  { view, time, holds, newest, references, apps, starts, history }:
    & Overview
    & { view: View; time: Stretch },
) {
  const common = { view, history, time };
  const { root } = view;
  return (
    <>
      <Card
        {...common}
        area="channels"
        title="Channels"
        figures={[
          ["Channels", holds.channels],
          ["Items", holds.items],
          ["Followers", holds.subscribers],
        ]}
      >
        {newest && <NewestItems root={root} newest={newest} />}
      </Card>
      <Card {...common} area="series" title="Time series" figures={[["Series", holds.series]]}>
        {references && (
          <Links
            root={`${root}/dashboard/series`}
            names={references.map(({ reference }) => reference)}
          />
        )}
      </Card>
      <Card {...common} area="sessions" title="Sessions" figures={[["Sessions", holds.sessions]]}>
        {starts && <NewestStarts root={root} starts={starts} />}
      </Card>
      <Card {...common} area="profiles" title="Apps" figures={[["Accounts", holds.profiles]]}>
        {apps && <Links root={`${root}/dashboard/apps`} names={apps.apps} />}
      </Card>
      <Card
        {...common}
        area="conversations"
        title="Conversations"
        figures={[["Public chat channels", holds.conversations]]}
      >
        <p class="soft">People log in, and see what their own channels are about.</p>
      </Card>
    </>
  );
}

/** A channel with its newest item, as text; none where it is empty. */
async function newestItem(view: View, name: string) {
  const list = await view.glance<z.output<typeof ItemList>>(`/channel/${name}/latest/1`);
  const item = list?.items.at(-1);
  return { name, item, text: item && await textOf(view, `/channel/${name}/${item.id}`, item) };
}

function NewestItems(
  { root, newest }: { root: string; newest: readonly Awaited<ReturnType<typeof newestItem>>[] },
) {
  return (
    <ul class="list">
      {newest.map(({ name, item, text }) => (
        <li>
          <div class="between">
            <a href={`${root}/dashboard/channels/${name}`}>{name}</a>
            <span class="soft">
              {item === undefined ? "empty" : `${span(Date.now() - Date.parse(item.timestamp))} ago`}
            </span>
          </div>
          <code class="newest">{text}</code>
        </li>
      ))}
    </ul>
  );
}

function NewestStarts({ root, starts }: { root: string; starts: z.output<typeof StartsByCountry> }) {
  return (
    <ul class="list">
      {newestStarts(starts, SHOWN).map(({ country, user_id, ts }) => (
        <li class="between">
          <a href={`${root}/dashboard/sessions?user=${part(user_id)}`}>{user_id}</a>
          <span class="soft">
            {country}, <When time={ts} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function FirstSteps({ view }: { view: View }) {
  return (
    <section class="card first-steps">
      <h2>Try it from a terminal</h2>
      {firstSteps(view.base, view.key !== undefined).map((line) => <Command line={line} />)}
      <p class="soft">
        <a href={`${view.root}/docs`}>The API reference</a> tries every call out. Programs that ask for{" "}
        <code>/</code> get this page’s figures as JSON.
      </p>
    </section>
  );
}

interface CardProps {
  readonly view: View;
  readonly title: string;
  readonly area: keyof History["points"][number]["changes"];
  /** Undefined for those who may not see figures. */
  readonly history: History | undefined;
  readonly time: Stretch;
  readonly figures: readonly (readonly [string, number])[];
  /** Undefined for those who may not see it. */
  readonly children: Child | undefined;
}

/** The page of each area. */
const PAGE_OF = {
  channels: "channels",
  series: "series",
  sessions: "sessions",
  profiles: "apps",
  conversations: "conversations",
} as const;

function Card({ view, title, area, history, time, figures, children }: CardProps) {
  const changes = history &&
    course(history, time.slots, (point) => 60 * perSecond(point.changes[area], point));
  return (
    <section class="card">
      <h2>
        <a href={`${view.root}/dashboard/${PAGE_OF[area]}`}>{title}</a>
      </h2>
      <dl class="figures">{figures.map(([name, value]) => <Figure name={name} value={value} />)}</dl>
      {changes !== undefined && (
        <Trend
          name={`Writes a minute, ${time.name}`}
          value={count(Math.round(changes.at(-1)!))}
          values={changes}
          label={`${title}: requests that wrote, by minute, in ${time.name}`}
        />
      )}
      {children ?? <Empty says="Sign in with a key that may read it to see more." />}
    </section>
  );
}

function Links({ root, names }: { root: string; names: readonly string[] }) {
  return (
    <ul class="list">
      {names.slice(0, SHOWN).map((name) => (
        <li>
          <a href={`${root}/${part(name)}`}>{name}</a>
        </li>
      ))}
      {names.length > SHOWN && <li class="soft">and {count(names.length - SHOWN)} more</li>}
    </ul>
  );
}

function Process({ history, time }: Pick<CardProps, "history" | "time">) {
  const { rss } = Deno.memoryUsage(), last = history?.points.at(-1);
  return (
    <section class="card">
      <h2>
        This process
      </h2>
      <dl class="figures">
        <Figure name="Memory" value={bytes(rss)} />
        <Figure name="Up for" value={span(performance.now())} />
        {last !== undefined && (
          <>
            <Figure name="Database" value={bytes(last.databaseBytes)} />
            <Figure name="Writes in a commit" value={last.commits === 0 ? 0 : last.writes / last.commits} />
            <Figure
              name="A commit takes"
              value={last.commits === 0 ? "0 ms" : span(last.commitMillis / last.commits)}
            />
          </>
        )}
      </dl>
      {history !== undefined && (
        <Trend
          name={`Writes a second, ${time.name}`}
          value={count(last === undefined ? 0 : perSecond(last.writes, last))}
          values={course(history, time.slots, (point) => perSecond(point.writes, point))}
          label={`Writes a second, in ${time.name}`}
        />
      )}
    </section>
  );
}

function firstSteps(base: string, needsKey: boolean): string[] {
  const key = needsKey ? ` -H "Authorization: Bearer $RUNNEL_API_KEY"` : "";
  return [
    `curl -i ${base}/channel${key} -H 'Content-Type: application/json' -d '{"name": "stumptown"}'`,
    `curl -i ${base}/channel/stumptown${key} -H 'Content-Type: text/plain' -d 'hello'`,
    `curl -iL ${base}/channel/stumptown/latest${key}`,
    `curl -s -X PUT ${base}/api/store/NASDAQ/ACME${key} -d '{"close":{"2020-01-02":102.5,"2020-01-03":101.75}}'`,
  ];
}
