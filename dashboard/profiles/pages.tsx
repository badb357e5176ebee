/** Apps: what their accounts are like, and what they do. */
import type { z } from "zod";
import type { Analytics, Apps, Timeline } from "../../api/profiles.ts";
import {
  Bar,
  count,
  DAY_MS,
  Empty,
  Figure,
  Heading,
  More,
  pageOf,
  part,
  type Shown,
  Spark,
  type View,
} from "../view.tsx";

const SHOWN = 12;
/** Events that can be chosen. */
const MOST_EVENTS = 40;
/** How far a timeline goes back: its days, what a point counts, and how both are called. */
const RANGES = {
  "24h": [1, "5m", "24 hours", "in steps of five minutes"],
  "7d": [7, "1h", "7 days", "by the hour"],
  "31d": [31, "6h", "31 days", "in steps of six hours"],
  "12mo": [365, "day", "12 months", "by the day"],
} as const;

/** The apps. */
export async function appsPage(view: View): Promise<Shown> {
  const { apps } = await view.read<z.output<typeof Apps>>("/analytics");
  const { shown, more } = pageOf(view, apps, (app) => app);
  return {
    title: "Apps",
    body: (
      <div class="stack">
        <h1>Apps</h1>
        <p class="lead">What applications know of their accounts, and what those accounts do.</p>
        <section class="card">
          {apps.length === 0
            ? (
              <Empty
                says="No app has sent anything yet."
                curl={`curl -si -X PUT -H 'Content-Type: application/json' -d '{"twitter": {"id": "456"}}' ${view.base}/profile/myapp/ann/`}
              />
            )
            : (
              <ul class="list">
                {shown.map((app) => (
                  <li>
                    <a href={`${view.root}/dashboard/apps/${part(app)}`}>{app}</a>
                  </li>
                ))}
              </ul>
            )}
          <More href={more}>More apps</More>
        </section>
      </div>
    ),
  };
}

/** One app: demographics as bars, and one event as a timeline. */
export async function appPage(view: View): Promise<Shown | string> {
  const app = view.param("app"), account = view.query.get("account");
  if (account) return `/dashboard/apps/${part(app)}/${part(account)}`;
  const about = await view.read<z.output<typeof Analytics>>(`/analytics/${part(app)}`);
  const event = about.events.find((name) => name === view.query.get("event")) ?? about.events[0];
  const asked = view.query.get("range") ?? "";
  const range = Object.hasOwn(RANGES, asked) ? asked as keyof typeof RANGES : "24h";
  const timeline = event && await eventCard({ view, app, events: about.events, event, range });
  return {
    title: app,
    body: (
      <div class="stack">
        <Heading view={view} to="/apps" above="All apps">{app}</Heading>
        <section class="card">
          <dl class="figures">
            <Figure name="Accounts" value={about.accounts} />
            <Figure name="Active today" value={about.activeAccounts.day} />
            <Figure name="This week" value={about.activeAccounts.week} />
            <Figure name="This month" value={about.activeAccounts.month} />
          </dl>
          <form class="row" method="get">
            <label>
              Account <input name="account" required />
            </label>
            <button class="quiet" type="submit">Show the profile</button>
          </form>
        </section>
        {timeline}
        <div class="columns">
          {Object.entries(about.demographics).filter(([, counts]) => isKnown(counts)).map((
            [field, counts],
          ) =>
            field === "age"
              ? <Bars title="Age" rows={byDecade(counts)} />
              : <Bars title={capital(field)} rows={byCount(counts)} />
          )}
          {event !== undefined && Object.keys(about.contexts[event] ?? {}).length > 0 && (
            <Bars title={`Contexts of ${event}`} rows={byCount(about.contexts[event]!)} />
          )}
        </div>
      </div>
    ),
  };
}

interface EventProps {
  readonly view: View;
  readonly app: string;
  readonly events: readonly string[];
  readonly event: string;
  readonly range: keyof typeof RANGES;
}

/** How often an event came, in the course of a day or up to a year. */
async function eventCard({ view, app, events, event, range }: EventProps) {
  const [days, bucket, span, steps] = RANGES[range], from = Date.now() - days * DAY_MS;
  const { datapoints } = await view.read<z.output<typeof Timeline>>(
    `/event/${part(app)}/${part(event)}?from=${from}&bucket=${bucket}`,
  );
  const points = datapoints.map((point) => Array.isArray(point) ? point : [point.time, point.value] as const);
  const counts = points.map(([, value]) => value), sum = counts.reduce((a, b) => a + b, 0);
  const most = Math.max(0, ...counts);
  const said = (time: number | undefined) =>
    new Date(time ?? from).toISOString().slice(0, days > 1 ? 10 : 16).replace("T", " ");
  return (
    <section class="card stack" id="event">
      <div class="between">
        <h2>{event}, the last {span} {steps}</h2>
        <span class="soft">{count(sum)} in all, at most {count(most)} at a time</span>
      </div>
      <Ranges event={event} range={range} />
      <div>
        <Spark
          values={counts}
          label={`${event}, ${count(sum)} in ${span}, at most ${count(most)} at a time`}
        />
        <div class="between soft ends">
          <span>{said(points[0]?.[0])}</span>
          <span>{said(points.at(-1)?.[0])} UTC</span>
        </div>
      </div>
      <Events events={events} event={event} range={range} />
    </section>
  );
}

function Ranges({ event, range }: Pick<EventProps, "event" | "range">) {
  return (
    <nav class="row" aria-label="How far back">
      {Object.entries(RANGES).map(([name, [, , title]]) => (
        <a
          class="quiet"
          href={`?event=${part(event)}&range=${name}#event`}
          aria-current={name === range ? "true" : undefined}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

function Events({ events, event, range }: Omit<EventProps, "view" | "app">) {
  return (
    <nav class="row" aria-label="Events">
      {events.slice(0, MOST_EVENTS).map((name) => (
        <a
          class="quiet"
          href={`?event=${part(name)}&range=${range}#event`}
          aria-current={name === event ? "true" : undefined}
        >
          {name}
        </a>
      ))}
      {events.length > MOST_EVENTS && <span class="soft">and {count(events.length - MOST_EVENTS)} more</span>}
    </nav>
  );
}

/** Whether anything is known of anybody. */
const isKnown = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).some(([value, count]) => value !== "unknown" && count > 0);

type Row = readonly [name: string, value: number];

/** The commonest first. */
const byCount = (counts: Readonly<Record<string, number>>): Row[] =>
  Object.entries(counts).filter(([, value]) => value > 0).sort(([, a], [, b]) => b - a);

/** Years of age by tens, in their order; then those of whom none is known. */
function byDecade(counts: Readonly<Record<string, number>>): Row[] {
  const decades = new Map<number, number>();
  for (const [age, value] of byCount(counts)) {
    const first = /^\d+$/.test(age) ? 10 * Math.floor(Number(age) / 10) : Infinity;
    decades.set(first, (decades.get(first) ?? 0) + value);
  }
  return [...decades].sort(([a], [b]) => a - b)
    .map(([first, value]) => [first === Infinity ? "unknown" : `${first} to ${first + 9}`, value]);
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

function Bars({ title, rows }: { title: string; rows: readonly Row[] }) {
  const most = Math.max(0, ...rows.map(([, value]) => value));
  return (
    <section class="card">
      <h2>{title}</h2>
      <table>
        <tbody>
          {rows.slice(0, SHOWN).map(([name, value]) => <Bar name={name} value={value} most={most} />)}
        </tbody>
      </table>
      {rows.length > SHOWN && <p class="soft">and {count(rows.length - SHOWN)} more</p>}
    </section>
  );
}
