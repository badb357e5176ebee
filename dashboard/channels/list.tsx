/** The list of channels, and the form that makes one. */
import type { z } from "zod";
import type { ChannelList, Metadata } from "../../api/channels.ts";
import { Action, count, Empty, part, type Shown, span, Table, type View, When } from "../view.tsx";

const PAGE_SIZE = 50;

/** A page of the list, and the form that makes a channel. */
export async function channelsPage(view: View): Promise<Shown> {
  const after = view.query.get("after");
  const { _links } = await view.read<z.output<typeof ChannelList>>(
    `/channel?limit=${PAGE_SIZE}${after === null ? "" : `&after=${part(after)}`}`,
  );
  const rows = await Promise.all(_links.channels.map(async ({ name }) => ({
    name,
    about: await view.glance<z.output<typeof Metadata>>(`/channel/${name}`),
  })));
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
              <Table label="Channels" head={["Name", "Newest item", "Kept for", "Most items", "Tags"]}>
                {rows.map(({ name, about }) => (
                  <tr>
                    <th scope="row">
                      <a href={`${view.root}/dashboard/channels/${name}`}>{name}</a>
                    </th>
                    <td>
                      {about?.lastUpdateDate === undefined
                        ? <span class="soft">none</span>
                        : <When time={about.lastUpdateDate} />}
                    </td>
                    <td class="mono">{about?.ttlMillis === undefined ? "ever" : span(about.ttlMillis)}</td>
                    <td class="mono">{about?.maxItems === undefined ? "no limit" : count(about.maxItems)}</td>
                    <td>
                      {about?.tags?.map((tag) => (
                        <>
                          <span class="tag">{tag}</span>
                          {" "}
                        </>
                      ))}
                    </td>
                  </tr>
                ))}
              </Table>
            )}
          {_links.next !== undefined && last !== undefined && (
            <p>
              <a class="quiet" href={`?after=${part(last)}`}>More channels</a>
            </p>
          )}
        </section>
        <section class="card">
          <h2>Create a channel</h2>
          <Action view={view} to="/channels" class="fields">
            <label>
              Name<input name="name" required maxlength={48} pattern="[A-Za-z0-9_]+" autocomplete="off" />
            </label>
            <label>
              Keep items for how many days (empty: for ever)<input
                name="days"
                type="number"
                min="0"
                step="any"
                value="120"
              />
            </label>
            <label>
              Description<input name="description" maxlength={1024} />
            </label>
            <button type="submit">Create</button>
          </Action>
        </section>
      </div>
    ),
  };
}

/** Makes a channel. */
export async function createChannel(view: View): Promise<string> {
  const name = view.form.get("name") ?? "",
    days = view.form.get("days"),
    description = view.form.get("description");
  await view.read("/channel", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      name,
      ...(days ? { ttlDays: Number(days) } : { ttlMillis: null }),
      ...(description ? { description } : {}),
    }),
  });
  return `/dashboard/channels/${part(name.trim())}`;
}
