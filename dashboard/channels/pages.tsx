/** Channels: all of them, and one with what comes in. */
import type { z } from "zod";
import type { ChannelList, ItemList, Metadata } from "../../api/channels.ts";
import type { ConsumerList } from "../../api/consumers.ts";
import type { Webhook, WebhookList } from "../../api/webhooks.ts";
import {
  Action,
  bytes,
  Command,
  count,
  Empty,
  Heading,
  part,
  Refused,
  type Shown,
  span,
  Table,
  type View,
  When,
} from "../view.tsx";

const PAGE_SIZE = 50;
const TAIL = 30;
const SHOWN_TEXT = 400;

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

/** One channel: what comes in, who reads it, and the form that inserts. */
export async function channelPage(view: View): Promise<Shown> {
  const name = view.param("name"), at = `/channel/${part(name)}`;
  const [about, list, consumers, webhooks] = await Promise.all([
    view.read<z.output<typeof Metadata>>(at),
    view.read<z.output<typeof ItemList>>(`${at}/latest/${TAIL}`),
    view.glance<z.output<typeof ConsumerList>>(`${at}/consumers`),
    webhooksOf(view, name),
  ]);
  const newest = list.items.toReversed();
  const items = await Promise.all(
    newest.map(async (item) => ({ ...item, text: await textOf(view, `${at}/${item.id}`, item) })),
  );
  const here = `${view.root}/dashboard/channels/${name}`;
  return {
    title: name,
    body: (
      <div class="stack">
        <Heading view={view} to="/channels" above="All channels">{name}</Heading>
        <p class="lead">
          {about.description ?? "No description."} Items are kept{" "}
          {about.ttlMillis === undefined ? "for ever" : `for ${span(about.ttlMillis)}`}
          {about.maxItems !== undefined && `, at most ${count(about.maxItems)}`}.
        </p>
        <section class="card">
          <div class="row">
            <h2>Newest items</h2>
            <span id="status" role="status">Load again to see what is new</span>
          </div>
          {items.length === 0 && (
            <div id="none">
              <Empty
                says="Nothing yet: what you insert appears here at once."
                curl={`curl -i ${view.base}${at} -H 'Content-Type: text/plain' -d 'hello'`}
              />
            </div>
          )}
          <ul
            class="list tail"
            tabindex={0}
            aria-label="Newest items"
            data-live={`${here}/live`}
            data-items={here}
            data-after={items[0]?.id ?? "earliest"}
            data-status="status"
            data-empty="none"
          >
            {items.map(({ id, timestamp, text }) => (
              <li>
                <a href={`${here}/${id}`}>{timestamp.slice(11, 23)}</a>
                <code>{text}</code>
              </li>
            ))}
          </ul>
        </section>
        <div class="grid">
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
          <section class="card">
            <h2>Consumers</h2>
            {(consumers?.consumers ?? []).length === 0
              ? <Empty says="No worker shares this channel." />
              : (
                <Table label="Consumers" head={["Name", "Behind", "In flight", "Given up"]}>
                  {consumers!.consumers.map(({ name, lag, inFlight, givenUp }) => (
                    <tr>
                      <th scope="row">{name}</th>
                      <td class="mono">{count(lag.items)}{lag.atLeast && "+"} items, {span(lag.millis)}</td>
                      <td class="mono">{count(inFlight)}</td>
                      <td class="mono">{count(givenUp)}</td>
                    </tr>
                  ))}
                </Table>
              )}
          </section>
          <section class="card">
            <h2>Webhooks</h2>
            {webhooks.length === 0 ? <Empty says="No webhook pushes this channel." /> : (
              <ul class="list">
                {webhooks.map((webhook) => (
                  <li>
                    <strong>{webhook.name}</strong> to {webhook.callbackUrl}, {count(webhook.lag.items)}
                    {webhook.lag.atLeast && "+"} items behind
                    {webhook.lastError !== null && <p class="bad">{webhook.lastError.error}</p>}
                    <Action view={view} to={`/channels/${name}/webhooks/${webhook.name}`}>
                      <input type="hidden" name="paused" value={String(!webhook.paused)} />
                      <button class="quiet" type="submit">{webhook.paused ? "Resume" : "Pause"}</button>
                    </Action>
                  </li>
                ))}
              </ul>
            )}
          </section>
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

async function webhooksOf(view: View, channel: string): Promise<z.output<typeof Webhook>[]> {
  const list = await view.glance<z.output<typeof WebhookList>>("/webhook");
  const all = await Promise.all(
    (list?._links.webhooks ?? []).slice(0, 200).map(({ name }) =>
      view.glance<z.output<typeof Webhook>>(`/webhook/${name}`)
    ),
  );
  return all.filter((webhook) =>
    webhook !== undefined && webhook.channelUrl.endsWith(`/channel/${channel}`)
  ) as z.output<typeof Webhook>[];
}

/** An item's text, shortened; of what is no text, its type and size. */
export async function textOf(
  view: View,
  path: string,
  item: { contentType: string; length: number },
): Promise<string> {
  const isText = /^(text\/|application\/([\w.-]+\+)?json)/.test(item.contentType);
  if (!isText || item.length > 64_000) return `${item.contentType}, ${bytes(item.length)}`;
  return (await (await view.api(path)).text()).slice(0, SHOWN_TEXT);
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

/** What comes in, as Server-Sent Events. */
export function followChannel(view: View): Promise<Response> {
  const after = view.query.get("after") ?? "earliest";
  return view.api(`/channel/${part(view.param("name"))}/events?content=true&after=${part(after)}`);
}

/** Pauses a webhook, or lets it go on. */
export async function pauseWebhook(view: View): Promise<string> {
  await view.read(`/webhook/${part(view.param("webhook"))}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ paused: view.form.get("paused") === "true" }),
  });
  return `/dashboard/channels/${part(view.param("name"))}`;
}
