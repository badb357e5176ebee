/** The first page: what every area holds, what came last, and what to try first. */
import type { Child } from "hono/jsx";
import type { z } from "zod";
import type { Home, JobList } from "../../api/system.ts";
import { course, type History, perSecond, stretch, Trend } from "../charts.tsx";
import { NewestItems, NewestOfApps, NewestSaves, NewestStarts, readNewest } from "./newest.tsx";
import { bytes, Command, count, Empty, Figure, Refreshing, type Shown, span, type View } from "../view.tsx";

/** The page of every visitor; what needs a key is left out where there is none. */
export async function homePage(view: View): Promise<Shown> {
  const time = stretch("1h");
  const overview = await readOverview(view, time);
  const { holds } = overview;
  const isEmpty = holds.channels + holds.profiles + holds.series + holds.sessions + holds.conversations === 0;
  return {
    title: "Runnel",
    body: (
      <>
        <Refreshing view={view} id="home" seconds={5}>
          <h1>{isEmpty ? "Runnel is running" : "Overview"}</h1>
          <p class="lead">
            {isEmpty
              ? "There is nothing to see yet. Send a first line from a terminal, as below, and watch it appear here."
              : "Everything that this process holds. It looks again every five seconds."}
          </p>
          <div class="grid">
            <Areas {...overview} view={view} time={time} />
            <Process view={view} {...overview} time={time} />
          </div>
        </Refreshing>
        <FirstSteps view={view} isEmpty={isEmpty} />
      </>
    ),
  };
}

type Stretch = ReturnType<typeof stretch>;
/** What the page shows; undefined is what the visitor may not see. */
type Overview = Awaited<ReturnType<typeof readOverview>>;

async function readOverview(view: View, time: Stretch) {
  const [{ holds }, newest, history, jobs] = await Promise.all([
    view.read<z.output<typeof Home>>("/"),
    readNewest(view),
    view.glance<History>(`/figures?${time.asked}`),
    view.glance<z.output<typeof JobList>>("/jobs"),
  ]);
  return { holds, newest, history, jobs: jobs?.jobs };
}

/** A card for each area. */
function Areas(
  { view, time, holds, newest: { items, series, apps, starts }, history }:
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
        {items && <NewestItems root={root} items={items} channels={holds.channels} />}
      </Card>
      <Card {...common} area="series" title="Time series" figures={[["Series", holds.series]]}>
        {series && <NewestSaves root={root} series={series} />}
      </Card>
      <Card {...common} area="sessions" title="Sessions" figures={[["Sessions", holds.sessions]]}>
        {starts && <NewestStarts root={root} starts={starts} />}
      </Card>
      <Card {...common} area="profiles" title="Apps" figures={[["Accounts", holds.profiles]]}>
        {apps && <NewestOfApps root={root} newest={apps} />}
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

function FirstSteps({ view, isEmpty }: { view: View; isEmpty: boolean }) {
  return (
    <section class="card first-steps">
      <h2>Try it from a terminal</h2>
      {isEmpty && (
        <>
          <p class="soft">Fill every page with lively data:</p>
          <Command line={`deno task demo ${view.base}`} />
          <p class="soft">Or begin with a channel and a series of your own:</p>
        </>
      )}
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

function Process(
  { view, history, jobs, time }: Pick<Overview, "history" | "jobs"> & Pick<CardProps, "view" | "time">,
) {
  const { rss } = Deno.memoryUsage(), last = history?.points.at(-1);
  const failed = jobs?.filter(({ last }) => last?.error !== undefined).length;
  return (
    <section class="card">
      <h2>
        <a href={`${view.root}/dashboard/operate`}>This process</a>
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
        {failed !== undefined && (
          <Figure
            name="Jobs"
            value={failed === 0 ? "all well" : `${failed} failed`}
          />
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
