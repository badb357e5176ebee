/** The newest entries of each area, on the first page. */
import type { Child } from "hono/jsx";
import type { z } from "zod";
import type { ChannelList, ItemList } from "../../api/channels.ts";
import type { Apps, NewestEvents } from "../../api/profiles.ts";
import type { NewestSeries } from "../../api/series.ts";
import type { StartsByCountry } from "../../api/sessions.ts";
import { textOf } from "../channels/text.ts";
import { newestStarts } from "../sessions/pages.tsx";
import { ago, count, part, type View, When } from "../view.tsx";

/** Entries of an area. */
const SHOWN = 4;
/** One event may fill several steps of five minutes: so many counts are looked at for others. */
const MOST_COUNTS = 40;
const STEP_MS = 300_000;

type AppEvents = z.output<typeof NewestEvents>["events"];

/** What came last in each area; undefined: the visitor may not see it. */
export type Newest = Awaited<ReturnType<typeof readNewest>>;

/** Reads what came last. */
export async function readNewest(view: View) {
  const [items, series, apps, starts] = await Promise.all([
    newestItems(view),
    view.glance<z.output<typeof NewestSeries>>(`/api/series?limit=${SHOWN}`),
    newestOfApps(view),
    view.glance<z.output<typeof StartsByCountry>>("/user/last-events?days=7&limit=2"),
  ]);
  return { items, series, apps, starts };
}

/** The channels that an item was stored in last, each with its newest item as text; no item where the channel is empty. */
async function newestItems(view: View) {
  const channels = await view.glance<z.output<typeof ChannelList>>(`/channel?order=newest&limit=${SHOWN}`);
  return channels && await Promise.all(channels._links.channels.map(async ({ name }) => {
    const list = await view.glance<z.output<typeof ItemList>>(`/channel/${name}/latest/1`);
    const item = list?.items.at(-1);
    return { name, item, text: item && await textOf(view, `/channel/${name}/${item.id}`, item) };
  }));
}

/** The newest of each event; where there is none, the apps that have profiles. */
async function newestOfApps(view: View): Promise<{ events: AppEvents; apps: readonly string[] } | undefined> {
  const newest = await view.glance<z.output<typeof NewestEvents>>(`/event?limit=${MOST_COUNTS}`);
  if (newest === undefined) return undefined;
  const { events } = newest;
  const isFirst = ({ app, event }: AppEvents[number], i: number) =>
    events.findIndex((other) => other.app === app && other.event === event) === i;
  const apps = events.length > 0
    ? []
    : (await view.glance<z.output<typeof Apps>>("/analytics"))?.apps.slice(0, SHOWN) ?? [];
  return { events: events.filter(isFirst).slice(0, SHOWN), apps };
}

interface EntryProps {
  readonly href: string;
  /** What the link says. */
  readonly name: Child;
  readonly when: Child;
  /** A line of what came. */
  readonly children?: Child;
}

/** An entry. Its texts may be of any length, and in any direction of writing. */
function Entry({ href, name, when, children }: EntryProps) {
  return (
    <li>
      <div class="between named">
        <a href={href}>
          <bdi>{name}</bdi>
        </a>
        <span class="soft">{when}</span>
      </div>
      {children !== undefined && <bdi class="newest">{children}</bdi>}
    </li>
  );
}

/** Entries, or what is said where there are none. */
function Entries<Of>(
  { of, none, children }: { of: readonly Of[]; none: string; children: (one: Of) => Child },
) {
  return of.length === 0 ? <p class="soft">{none}</p> : <ul class="list">{of.map(children)}</ul>;
}

export function NewestItems(
  { root, items, channels }: { root: string; items: NonNullable<Newest["items"]>; channels: number },
) {
  return (
    <>
      <Entries of={items} none="No channel yet.">
        {({ name, item, text }) => (
          <Entry
            href={`${root}/dashboard/channels/${name}`}
            name={name}
            when={item === undefined ? "empty" : ago(Date.parse(item.timestamp))}
          >
            {text === undefined ? undefined : <code>{text}</code>}
          </Entry>
        )}
      </Entries>
      {channels > items.length && (
        <p class="soft">{count(items.length)} of {count(channels)} channels, the newest items first.</p>
      )}
    </>
  );
}

export function NewestSaves({ root, series }: { root: string; series: NonNullable<Newest["series"]> }) {
  return (
    <Entries of={series} none="No series yet.">
      {({ reference, symbol, saved, rows, last }) => (
        <Entry
          href={`${root}/dashboard/series/${part(reference)}/${part(symbol)}`}
          name={
            <>
              <bdi>{symbol}</bdi> in <bdi>{reference}</bdi>
            </>
          }
          when={ago(Date.parse(saved))}
        >
          {count(rows)} {rows === 1 ? "row" : "rows"}, up to <When time={last} />
        </Entry>
      )}
    </Entries>
  );
}

export function NewestOfApps({ root, newest }: { root: string; newest: NonNullable<Newest["apps"]> }) {
  const pageOf = (app: string) => `${root}/dashboard/apps/${part(app)}`;
  if (newest.events.length > 0) {
    return (
      <ul class="list">
        {newest.events.map((counted) => <EventEntry page={pageOf(counted.app)} of={counted} />)}
      </ul>
    );
  }
  return (
    <Entries of={newest.apps} none="No app yet.">
      {(app) => <Entry href={pageOf(app)} name={app} when="no events" />}
    </Entries>
  );
}

/** Events are counted by steps: all that is known of the newest is that it came before the end of its step. */
function EventEntry(
  { page, of: { app, event, time, count: times } }: { page: string; of: AppEvents[number] },
) {
  const end = Date.parse(time) + STEP_MS;
  return (
    <Entry
      href={`${page}?event=${part(event)}`}
      name={
        <>
          <bdi>{event}</bdi> in <bdi>{app}</bdi>
        </>
      }
      when={end > Date.now() ? "<5 min ago" : ago(end)}
    >
      {count(times)} in five minutes
    </Entry>
  );
}

export function NewestStarts({ root, starts }: { root: string; starts: NonNullable<Newest["starts"]> }) {
  return (
    <Entries of={newestStarts(starts, SHOWN)} none="No session in the last seven days.">
      {({ country, user_id, ts }) => (
        <Entry
          href={`${root}/dashboard/sessions?user=${part(user_id)}`}
          name={user_id}
          when={
            <>
              {country}, {ago(Date.parse(`${ts}Z`))}
            </>
          }
        />
      )}
    </Entries>
  );
}
