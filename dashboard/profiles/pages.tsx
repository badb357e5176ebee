/** Apps: what their accounts are like, what they do, and one profile. */
import type { z } from "zod";
import type { Analytics, Apps, Profile, Timeline } from "../../api/profiles.ts";
import { Bar, count, Empty, Figure, Heading, part, type Shown, Spark, type View } from "../view.tsx";

const SHOWN = 12;

/** The apps. */
export async function appsPage(view: View): Promise<Shown> {
  const { apps } = await view.read<z.output<typeof Apps>>("/analytics");
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
                {apps.map((app) => (
                  <li>
                    <a href={`${view.root}/dashboard/apps/${part(app)}`}>{app}</a>
                  </li>
                ))}
              </ul>
            )}
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
  const timeline = event === undefined
    ? undefined
    : await view.read<z.output<typeof Timeline>>(`/event/${part(app)}/${part(event)}?points=objects`);
  const counts = timeline?.datapoints.map((point) => "value" in point ? point.value : point[1]);
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
        {counts !== undefined && (
          <section class="card">
            <h2>{event}: the last 24 hours, in steps of five minutes</h2>
            <Spark
              values={counts}
              label={`${event}, ${count(counts.reduce((sum, value) => sum + value, 0))} in 24 hours`}
            />
            <p class="row">
              {about.events.slice(0, 40).map((name) => (
                <a
                  class="quiet"
                  href={`?event=${part(name)}`}
                  aria-current={name === event ? "true" : undefined}
                >
                  {name}
                </a>
              ))}
            </p>
          </section>
        )}
        <div class="columns">
          {Object.entries(about.demographics).filter(([, counts]) => isKnown(counts)).map((
            [field, counts],
          ) => (
            <Bars
              title={field}
              counts={counts}
            />
          ))}
          {event !== undefined && Object.keys(about.contexts[event] ?? {}).length > 0 && (
            <Bars title={`Contexts of ${event}`} counts={about.contexts[event]!} />
          )}
        </div>
      </div>
    ),
  };
}

/** Whether anything is known of anybody. */
const isKnown = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).some(([value, count]) => value !== "unknown" && count > 0);

function Bars({ title, counts }: { title: string; counts: Readonly<Record<string, number>> }) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return (
    <section class="card">
      <h2>{title}</h2>
      <table>
        <tbody>
          {rows.slice(0, SHOWN).map(([name, value]) => <Bar name={name} value={value} most={rows[0]![1]} />)}
        </tbody>
      </table>
      {rows.length > SHOWN && <p class="soft">and {count(rows.length - SHOWN)} more</p>}
    </section>
  );
}

/** What all accounts of one person say. */
export async function profilePage(view: View): Promise<Shown> {
  const app = view.param("app"), account = view.param("account");
  const { demographics, keywords } = await view.read<z.output<typeof Profile>>(
    `/profile/${part(app)}/${part(account)}`,
  );
  return {
    title: account,
    body: (
      <div class="stack">
        <Heading view={view} to={`/apps/${part(app)}`} above={app}>{account}</Heading>
        <section class="card">
          <h2>Demographics</h2>
          {Object.keys(demographics).length === 0 ? <Empty says="Nothing is known." /> : (
            <table>
              <tbody>
                {Object.entries(demographics).map(([name, value]) => (
                  <tr>
                    <th scope="row">{name}</th>
                    <td>{String(value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <section class="card">
          <h2>Keywords</h2>
          {keywords.length === 0
            ? <Empty says="None." />
            : <p class="row">{keywords.map((word) => <span class="tag">{word}</span>)}</p>}
        </section>
      </div>
    ),
  };
}
