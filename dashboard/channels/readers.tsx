/** Who reads a channel: consumers and webhooks, how far they are, and what one can do about it. */
import type { z } from "zod";
import type { Consumer, ConsumerList } from "../../api/consumers.ts";
import type { Webhook, WebhookList } from "../../api/webhooks.ts";
import { Action, count, Empty, part, Refused, span, Table, type View } from "../view.tsx";

const MOST_WEBHOOKS = 200;
type ShownConsumer = z.output<typeof Consumer>;
type ShownWebhook = z.output<typeof Webhook>;

/** The consumers of a channel, and those of its webhooks that may be seen. */
export async function readersOf(view: View, channel: string) {
  const [consumers, list] = await Promise.all([
    view.glance<z.output<typeof ConsumerList>>(`/channel/${part(channel)}/consumers`),
    view.glance<z.output<typeof WebhookList>>("/webhook"),
  ]);
  const webhooks = await Promise.all(
    (list?._links.webhooks ?? []).slice(0, MOST_WEBHOOKS).map(({ name }) =>
      view.glance<ShownWebhook>(`/webhook/${part(name)}`)
    ),
  );
  return {
    consumers: consumers?.consumers ?? [],
    webhooks: webhooks.filter((webhook) =>
      webhook?.channelUrl.endsWith(`/channel/${channel}`)
    ) as ShownWebhook[],
  };
}

/** How far a reader is behind, to people. */
export const behind = ({ lag }: ShownConsumer | ShownWebhook) =>
  lag.items === 0 ? "nothing" : `${count(lag.items)}${lag.atLeast ? "+" : ""} items, ${span(lag.millis)}`;

interface ReaderProps {
  readonly view: View;
  readonly channel: string;
}

/** Workers that share the channel. */
export function ConsumersCard(
  { view, channel, consumers }: ReaderProps & { consumers: readonly ShownConsumer[] },
) {
  return (
    <section class="card stack" id="consumers">
      <h2>Consumers</h2>
      {consumers.length === 0 ? <Empty says="No worker shares this channel." /> : (
        <Table
          label="Consumers"
          head={["Name", "Behind", "In flight", "Again", "Given up", "Dead letters"]}
        >
          {consumers.map((consumer) => (
            <tr>
              <th scope="row">{consumer.name}</th>
              <td class="mono">{behind(consumer)}</td>
              <td class="mono">{count(consumer.inFlight)}</td>
              <td class="mono">{count(consumer.waitingAgain)}</td>
              <td class={consumer.givenUp > 0 ? "mono bad" : "mono"}>{count(consumer.givenUp)}</td>
              <td>
                {consumer.deadLetter === undefined
                  ? <span class="soft">dropped</span>
                  : (
                    <a href={`${view.root}/dashboard/channels/${consumer.deadLetter}`}>
                      {consumer.deadLetter}
                    </a>
                  )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {consumers.map(({ name }) => (
        <Replay view={view} to={`/channels/${channel}/consumers/${name}/replay`} name={name} />
      ))}
    </section>
  );
}

/** A form that sends a reader back: what is under way is given out again, and counts begin at 0. */
function Replay({ view, to, name }: { view: View; to: string; name: string }) {
  return (
    <details>
      <summary>Replay {name}</summary>
      <Action view={view} to={to} class="row">
        <label>
          from{" "}
          <select name="start">
            <option value="time">this time</option>
            <option value="earliest">the earliest item</option>
            <option value="latest">now, leaving out what waits</option>
          </select>
        </label>
        <label>
          Time (UTC) <input name="time" type="datetime-local" step="1" />
        </label>
        <button class="quiet" type="submit">Begin again</button>
      </Action>
    </details>
  );
}

/** Where the channel is pushed to. */
export function WebhooksCard(
  { view, channel, webhooks }: ReaderProps & { webhooks: readonly ShownWebhook[] },
) {
  return (
    <section class="card stack" id="webhooks">
      <h2>Webhooks</h2>
      {webhooks.length === 0 ? <Empty says="No webhook pushes this channel." /> : (
        <ul class="list">
          {webhooks.map((webhook) => (
            <li class="stack">
              <div class="between">
                <span>
                  <strong>{webhook.name}</strong> to {webhook.callbackUrl}
                </span>
                <Action view={view} to={`/channels/${channel}/webhooks/${webhook.name}`}>
                  <input type="hidden" name="paused" value={String(!webhook.paused)} />
                  <button
                    class="quiet"
                    type="submit"
                    aria-label={`${webhook.paused ? "Resume" : "Pause"} ${webhook.name}`}
                  >
                    {webhook.paused ? "Resume" : "Pause"}
                  </button>
                </Action>
              </div>
              <p class="soft">
                {webhook.paused && "Paused. "}Behind: {behind(webhook)}. Given up: {count(webhook.givenUp)}
                {webhook.errorChannelUrl !== undefined && (
                  <>
                    , to <DeadLetters view={view} url={webhook.errorChannelUrl} />
                  </>
                )}.
              </p>
              {webhook.lastError !== null && (
                <p class="bad">
                  {webhook.lastError.error} ({count(webhook.lastError.attempts)} attempts)
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function DeadLetters({ view, url }: { view: View; url: string }) {
  const name = url.split("/").at(-1)!;
  return <a href={`${view.root}/dashboard/channels/${name}`}>{name}</a>;
}

/** Pauses a webhook, or lets it go on. */
export async function pauseWebhook(view: View): Promise<string> {
  await view.read(`/webhook/${part(view.param("webhook"))}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ paused: view.form.get("paused") === "true" }),
  });
  return `/dashboard/channels/${part(view.param("name"))}#webhooks`;
}

/** Makes a consumer again with the same settings and another start. */
export async function replayConsumer(view: View): Promise<string> {
  const channel = part(view.param("name")),
    at = `/channel/${channel}/consumers/${part(view.param("consumer"))}`;
  const asked = view.form.get("start") ?? "", time = timeOf(view.form.get("time"));
  if (asked === "time" && time === undefined) throw new Refused(400, "Choose the time to begin at.");
  const start = asked === "time" ? new Date(time!).toISOString() : asked;
  if (!["earliest", "latest"].includes(asked) && asked !== "time") {
    throw new Refused(400, "Choose where to begin.");
  }
  const { ackWaitMillis, maxDeliver, maxInFlight, deadLetter, filter } = await view.read<ShownConsumer>(at);
  await view.read(at, { method: "DELETE" });
  await view.read(at, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      start,
      ackWait: `${ackWaitMillis}ms`,
      maxDeliver,
      maxInFlight,
      deadLetter,
      filter,
    }),
  });
  return `/dashboard/channels/${channel}#consumers`;
}

/** What a field of a date and a time holds, as UTC, in milliseconds since the epoch. */
export function timeOf(text: string | null): number | undefined {
  const [, minutes, seconds = ":00"] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?$/.exec(text ?? "") ?? [];
  const time = Date.parse(`${minutes}${seconds}Z`);
  // A day that does not exist is taken for one of the next month.
  return time >= 0 && new Date(time).toISOString().startsWith(`${minutes}${seconds}`) ? time : undefined;
}
