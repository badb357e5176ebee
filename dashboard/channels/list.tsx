/** The list of channels. */
import type { z } from "zod";
import type { ChannelList, ChannelRate, ChannelStatus, Metadata } from "../../api/channels.ts";
import type { ConsumerList } from "../../api/consumers.ts";
import { count, Empty, More, part, type Shown, span, Table, type View, When } from "../view.tsx";
import { behind } from "./readers.tsx";
import { CreateCard } from "./settings.tsx";

/** Each asks for four things. */
const PAGE_SIZE = 20;

/** A page of the list, and the form that makes a channel. */
export async function channelsPage(view: View): Promise<Shown> {
  const after = view.query.get("after");
  const { _links } = await view.read<z.output<typeof ChannelList>>(
    `/channel?limit=${PAGE_SIZE}${after === null ? "" : `&after=${part(after)}`}`,
  );
  const rows = await Promise.all(_links.channels.map(({ name }) => rowOf(view, name)));
  const last = rows.at(-1)?.name;
  return {
    title: "Channels",
    body: (
      <div class="stack">
        <h1>Channels</h1>
        <p class="lead">
          Append-only lists of items of any content type, in the order in which they were stored.
        </p>
        <section class="card">
          {rows.length === 0
            ? (
              <Empty
                says="There is no channel yet."
                curl={`curl -i ${view.base}/channel -H 'Content-Type: application/json' -d '{"name": "stumptown"}'`}
              />
            )
            : (
              <Table
                label="Channels"
                head={["Name", "Items", "In the last minute", "Newest item", "Kept for", "Behind", "Tags"]}
              >
                {rows.map((row) => <Row view={view} {...row} />)}
              </Table>
            )}
          <More href={_links.next && last && `?after=${part(last)}`}>More channels</More>
        </section>
        <CreateCard view={view} />
      </div>
    ),
  };
}

/** What the list shows of a channel. One that was removed during the reads has only its name. */
async function rowOf(view: View, name: string) {
  const at = `/channel/${name}`;
  const [about, status, rate, consumers] = await Promise.all([
    view.glance<z.output<typeof Metadata>>(at),
    view.glance<z.output<typeof ChannelStatus>>(`${at}/status`),
    view.glance<z.output<typeof ChannelRate>>(`${at}/rate?last=1m&every=1m`),
    view.glance<z.output<typeof ConsumerList>>(`${at}/consumers`),
  ]);
  return { name, about, status, rate, consumers: consumers?.consumers ?? [] };
}

type RowProps = Awaited<ReturnType<typeof rowOf>> & { readonly view: View };

function Row({ view, name, about, status, rate, consumers }: RowProps) {
  const furthest = consumers.toSorted((a, b) => b.lag.millis - a.lag.millis)[0];
  return (
    <tr>
      <th scope="row">
        <a href={`${view.root}/dashboard/channels/${name}`}>{name}</a>
      </th>
      <td class="mono">{count(status?.items ?? 0)}</td>
      <td class="mono">
        {rate?.atLeast ? "more than " : ""}
        {count((rate?.steps ?? []).reduce((sum, { items }) => sum + items, 0))}
      </td>
      <td>
        {about?.lastUpdateDate === undefined
          ? <span class="soft">none</span>
          : <When time={about.lastUpdateDate} />}
      </td>
      <td class="mono">
        {about?.ttlMillis === undefined ? "ever" : span(about.ttlMillis)}
        {about?.maxItems !== undefined && `, ${count(about.maxItems)} items`}
      </td>
      <td class="mono">
        {furthest === undefined ? "" : `${behind(furthest)} (${furthest.name})`}
      </td>
      <td>{about?.tags?.map((tag) => <span class="tag">{tag}</span>)}</td>
    </tr>
  );
}
