/** One channel: what comes in or came at a time, how fast, who reads it, and the form that inserts. */
import type { z } from "zod";
import { type ChannelRate, type ItemList, type Metadata, positionAt } from "../../api/channels.ts";
import {
  Action,
  Command,
  count,
  Empty,
  Heading,
  part,
  Refused,
  type Shown,
  span,
  Spark,
  type View,
} from "../view.tsx";
import { SettingsCard } from "./settings.tsx";
import { EARLIEST } from "./tail.ts";
import { textOf } from "./text.ts";
import { ConsumersCard, readersOf, timeOf, WebhooksCard } from "./readers.tsx";

const TAIL = 20;

/** How far back items are looked for that a filter lets through. */
const FILTERED_SINCE = "1h";
const FILTERS = ["contentType", "key", "where"] as const;

/** What the page is asked to show only. */
function filterOf({ query }: View): URLSearchParams {
  const filter = new URLSearchParams();
  for (const name of FILTERS) {
    const value = query.get(name)?.trim();
    if (value) filter.set(name, value);
  }
  return filter;
}

/** Which items are shown: the newest, which grow, or some of a time. */
interface Stretch {
  readonly title: string;
  readonly isNewest: boolean;
  /** Undefined: none, until what matches comes. */
  readonly path: string | undefined;
}

function stretchOf(view: View): Stretch {
  const { query } = view;
  if (filterOf(view).size > 0) {
    return { title: "Items that match, from an hour ago on", isNewest: true, path: undefined };
  }
  const at = query.get("at"), after = query.get("after"), before = query.get("before");
  if (at !== null && at !== "") {
    const time = timeOf(at);
    if (time === undefined) {
      throw new Refused(400, "Write the time as 2026-01-02T03:04 or 2026-01-02T03:04:05.");
    }
    return {
      title: `Items from ${at.replace("T", " ")} on`,
      isNewest: false,
      path: `${positionAt(time)}/next/${TAIL}`,
    };
  }
  if (after !== null) return { title: "Later items", isNewest: false, path: `${part(after)}/next/${TAIL}` };
  if (before !== null) {
    return { title: "Earlier items", isNewest: false, path: `${part(before)}/previous/${TAIL}` };
  }
  return { title: "Newest items", isNewest: true, path: `latest/${TAIL}` };
}

/** The page. */
export async function channelPage(view: View): Promise<Shown> {
  const name = view.param("name"), at = `/channel/${part(name)}`, stretch = stretchOf(view);
  if (filterOf(view).size > 0) await (await filtered(view)).body?.cancel();
  const [about, list, rate, { consumers, webhooks }] = await Promise.all([
    view.read<z.output<typeof Metadata>>(at),
    stretch.path === undefined
      ? { items: [] }
      : view.read<z.output<typeof ItemList>>(`${at}/${stretch.path}`),
    view.read<z.output<typeof ChannelRate>>(`${at}/rate?last=1h&every=1m`),
    readersOf(view, name),
  ]);
  const items = await Promise.all(
    list.items.toReversed().map(async (item) => ({
      ...item,
      text: await textOf(view, `${at}/${item.id}`, item),
    })),
  );
  return {
    title: name,
    body: (
      <div class="stack">
        <Heading view={view} to="/channels" above="All channels">{name}</Heading>
        {about.description !== undefined && <p class="lead">{about.description}</p>}
        <p class="lead">
          Items are kept {about.ttlMillis === undefined ? "for ever" : `for ${span(about.ttlMillis)}`}
          {about.maxItems !== undefined && `, at most ${count(about.maxItems)}`}.
        </p>
        <Rate rate={rate} />
        <Items view={view} name={name} stretch={stretch} items={items} />
        <div class="grid wide-cells">
          <ConsumersCard view={view} channel={name} consumers={consumers} />
          <WebhooksCard view={view} channel={name} webhooks={webhooks} />
          <InsertCard view={view} name={name} />
          <SettingsCard view={view} about={about} />
          <section class="card">
            <h2>From a terminal</h2>
            <Command line={`curl -iL ${view.base}${at}/latest`} />
            <Command line={`curl -N '${view.base}${at}/events?content=true'`} />
          </section>
        </div>
      </div>
    ),
  };
}

function Rate({ rate: { steps, atLeast } }: { rate: z.output<typeof ChannelRate> }) {
  const counts = steps.map(({ items }) => items), sum = counts.reduce((a, b) => a + b, 0);
  return (
    <section class="card trend">
      <div class="between">
        <span class="soft">Items a minute, the last hour</span>
        <strong>{atLeast ? "more than " : ""}{count(sum)} in all</strong>
      </div>
      <Spark values={counts} label={`Items a minute, the last hour; at most ${count(Math.max(...counts))}`} />
    </section>
  );
}

type ListedItem = z.output<typeof ItemList>["items"][number] & { readonly text: string };

interface ItemsProps {
  readonly view: View;
  readonly name: string;
  readonly stretch: Stretch;
  /** Newest first. */
  readonly items: readonly ListedItem[];
}

function Items({ view, name, stretch, items }: ItemsProps) {
  const here = `${view.root}/dashboard/channels/${name}`, isFiltered = filterOf(view).size > 0;
  const live = stretch.isNewest && {
    "data-live": `${here}/live?${filterOf(view)}`,
    "data-items": here,
    "data-after": isFiltered ? "" : items[0]?.id ?? EARLIEST,
    "data-status": "status",
    "data-empty": "none",
  };
  return (
    <section class="card stack">
      <div class="row">
        <h2>{stretch.title}</h2>
        {stretch.isNewest && <span id="status" role="status">Load again to see what is new</span>}
      </div>
      <JumpForm view={view} here={here} stretch={stretch} items={items} />
      <FilterForm view={view} here={here} />
      {items.length === 0 && (
        <div id="none">
          <NoItems view={view} name={name} stretch={stretch} />
        </div>
      )}
      <ul class="list tail" tabindex={0} aria-label={stretch.title} {...live}>
        {items.map(({ id, timestamp, text }) => (
          <li>
            <a href={`${here}/${id}`} title={timestamp}>
              {stretch.isNewest ? timestamp.slice(11, 23) : timestamp.slice(0, 23).replace("T", " ")}
            </a>
            <code>{text}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The ways to other items: from a time on, the newest, earlier and later ones. */
function JumpForm({ view, here, stretch, items }: Omit<ItemsProps, "name"> & { here: string }) {
  const newest = items[0], oldest = items.at(-1);
  return (
    <form class="row" method="get" action={here}>
      <label>
        Jump to a time (UTC){" "}
        <input name="at" type="datetime-local" step="1" value={view.query.get("at") ?? ""} required />
      </label>
      <button class="quiet" type="submit">Go</button>
      {(!stretch.isNewest || filterOf(view).size > 0) && <a class="quiet" href={here}>Newest</a>}
      {oldest !== undefined && <a class="quiet" href={`${here}?before=${oldest.id}`}>Earlier</a>}
      {!stretch.isNewest && newest !== undefined && (
        <a class="quiet" href={`${here}?after=${newest.id}`}>Later</a>
      )}
    </form>
  );
}

function FilterForm({ view, here }: { view: View; here: string }) {
  const filter = filterOf(view);
  return (
    <details open={filter.size > 0}>
      <summary>Only some items</summary>
      <form class="row" method="get" action={here}>
        <label>
          Media type <input name="contentType" value={filter.get("contentType") ?? ""} size={16} />
        </label>
        <label>
          Key <input name="key" value={filter.get("key") ?? ""} size={10} />
        </label>
        <label>
          JSON has{" "}
          <input name="where" value={filter.get("where") ?? ""} placeholder="/status=open" size={16} />
        </label>
        <button class="quiet" type="submit">Filter</button>
      </form>
    </details>
  );
}

/** Why there is nothing to see. */
function NoItems({ view, name, stretch }: Omit<ItemsProps, "items">) {
  if (filterOf(view).size > 0) {
    return <Empty says="Nothing yet that matches. What comes is shown while this page is open." />;
  }
  if (!stretch.isNewest) return <Empty says="There is no item in this direction." />;
  return (
    <Empty
      says="Nothing yet: what you insert appears here at once."
      curl={`curl -i ${view.base}/channel/${name} -H 'Content-Type: text/plain' -d 'hello'`}
    />
  );
}

function InsertCard({ view, name }: { view: View; name: string }) {
  return (
    <section class="card">
      <h2>Insert an item</h2>
      <Action view={view} to={`/channels/${name}`} class="fields">
        <label>
          Content type<input name="type" value="application/json" required />
        </label>
        <label>
          Content<textarea name="content" required>{'{"hello": "world"}'}</textarea>
        </label>
        <button type="submit">Insert</button>
      </Action>
    </section>
  );
}

/** Inserts what the form holds. */
export async function insertItem(view: View): Promise<string> {
  const name = part(view.param("name")), type = view.form.get("type") ?? "text/plain";
  if (/[^\x20-\x7e]/.test(type)) throw new Refused(400, "A content type has plain letters only.");
  await view.read(`/channel/${name}`, {
    method: "POST",
    headers: { "Content-Type": type },
    body: view.form.get("content") ?? "",
  });
  return `/dashboard/channels/${name}`;
}

/** What comes in, as Server-Sent Events; with a filter from an hour ago on. */
export function followChannel(view: View): Promise<Response> {
  if (filterOf(view).size > 0) return filtered(view);
  return view.tails.follow(view, view.param("name"), view.query.get("after") ?? EARLIEST);
}

/** What a filter lets through, as the API sends it. A filter that is none is refused. */
async function filtered(view: View): Promise<Response> {
  const filter = filterOf(view), after = view.query.get("after");
  filter.set("content", "true");
  if (after === null) filter.set("since", FILTERED_SINCE);
  else filter.set("after", after);
  const answer = await view.api(`/channel/${part(view.param("name"))}/events?${filter}`, {
    signal: view.signal,
  });
  if (!answer.ok) throw new Refused(answer.status, (await answer.json()).detail);
  return answer;
}
