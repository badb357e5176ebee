/** User sessions: figures, countries, days, and the last sessions of one user. */
import type { z } from "zod";
import type { Metrics, SessionsOfUser, StartsByCountry } from "../../api/sessions.ts";
import {
  Bar,
  count,
  Empty,
  Figure,
  part,
  Refreshing,
  type Shown,
  span,
  Spark,
  Table,
  type View,
} from "../view.tsx";

type Figures = z.output<typeof Metrics>;
type Starts = z.output<typeof StartsByCountry>;

const SPANS = [1, 7, 30, 365];
const SHOWN = 20;
/** Days that the chart's label says in words. */
const SPOKEN_DAYS = 31;

/** Figures of the last days, and the last sessions of a user who is asked for. */
export async function sessionsPage(view: View): Promise<Shown> {
  const days = SPANS.find((days) => String(days) === view.query.get("days")) ?? 7;
  const user = view.query.get("user") ?? "";
  const [metrics, starts, sessions] = await Promise.all([
    view.read<Figures>(`/user/metrics?days=${days}&durations=true`),
    view.read<Starts>(`/user/last-events?days=${days}&limit=5`),
    user === "" ? undefined : view.read<z.output<typeof SessionsOfUser>>(
      `/user/last-sessions-user?user_id=${part(user)}&details=true`,
    ),
  ]);
  return {
    title: "Sessions",
    body: (
      <div class="stack">
        <h1>User sessions</h1>
        <Spans days={days} />
        <Refreshing view={view} id="sessions" seconds={2}>
          {metrics.sessions.started === 0 ? <NoSessions view={view} /> : (
            <>
              <Totals metrics={metrics} />
              <div class="columns wide">
                <Countries metrics={metrics} />
                <Durations metrics={metrics} />
                <Days metrics={metrics} />
                <LastStarts days={days} starts={starts} />
              </div>
            </>
          )}
        </Refreshing>
        <section class="card">
          <h2>One user</h2>
          <form class="row" method="get">
            <input type="hidden" name="days" value={String(days)} />
            <label>
              User <input name="user" value={user} />
            </label>
            <button class="quiet" type="submit">Show</button>
          </form>
          {sessions !== undefined && <Sessions of={sessions[user] ?? []} />}
        </section>
      </div>
    ),
  };
}

function Spans({ days }: { days: number }) {
  return (
    <nav class="row" aria-label="Span">
      {SPANS.map((span) => (
        <a class="quiet" href={`?days=${span}`} aria-current={span === days ? "true" : undefined}>
          {span === 1 ? "Today" : `${span} days`}
        </a>
      ))}
    </nav>
  );
}

function NoSessions({ view }: { view: View }) {
  const ts = new Date().toISOString().slice(0, 19);
  const batch = `[{"user_id": "ann", "country": "DE", "event": "start", "session_id": "s1", "ts": "${ts}"}]`;
  return (
    <section class="card">
      <Empty
        says="No session started in these days."
        curl={`curl -s -X POST ${view.base}/user/batches -H 'Content-Type: application/json' -d '${batch}'`}
      />
    </section>
  );
}

function Totals({ metrics: { sessions, users, duration_seconds } }: { metrics: Figures }) {
  return (
    <section class="card">
      <dl class="figures">
        <Figure name="Started" value={sessions.started} />
        <Figure name="Open" value={sessions.open} />
        <Figure name="Users" value={users} />
        {(["mean", "p50", "p90", "p99"] as const).map((name) => (
          <Figure name={name === "mean" ? "Mean" : name} value={duration(duration_seconds[name])} />
        ))}
      </dl>
    </section>
  );
}

function Countries({ metrics }: { metrics: Figures }) {
  const countries = metrics.by_country.toSorted((a, b) => b.started - a.started).slice(0, SHOWN);
  return (
    <section class="card">
      <h2>Starts by country</h2>
      <table>
        <tbody>
          {countries.map(({ country, started }) => (
            <Bar name={country} value={started} most={countries[0]!.started} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Days({ metrics }: { metrics: Figures }) {
  const byDay = metrics.by_day.toSorted((a, b) => a.day < b.day ? -1 : 1);
  const spoken = byDay.slice(-SPOKEN_DAYS).map(({ day, started }) => `${day} ${started}`).join(", ");
  return (
    <section class="card">
      <h2>Starts by day</h2>
      <Spark values={byDay.map(({ started }) => started)} label={`Starts by day: ${spoken}`} />
      <Table label="Days" head={["Day", "Started", "Completed", "Mean"]}>
        {byDay.toReversed().slice(0, SHOWN).map((row) => (
          <tr>
            <th scope="row" class="mono">{row.day}</th>
            <td class="mono">{count(row.started)}</td>
            <td class="mono">{count(row.completed)}</td>
            <td class="mono">{duration(row.mean_duration_seconds)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function LastStarts({ days, starts }: { days: number; starts: Starts }) {
  return (
    <section class="card">
      <h2>Last starts</h2>
      <p class="soft">It looks again every two seconds.</p>
      <Table label="Last starts" head={["Time", "Country", "User"]}>
        {newestStarts(starts, SHOWN).map(({ ts, country, user_id }) => (
          <tr>
            <td class="mono">{ts.replace("T", " ")}</td>
            <td>{country}</td>
            <td>
              <a href={`?days=${days}&user=${part(user_id)}`}>{user_id}</a>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

/** A histogram of the lengths of sessions, without the empty classes at both ends. */
function Durations(
  { metrics: { durations = [], duration_seconds: { p50, p90, p99 } } }: { metrics: Figures },
) {
  const from = durations.findIndex(({ sessions }) => sessions > 0);
  const to = durations.findLastIndex(({ sessions }) => sessions > 0);
  const most = Math.max(0, ...durations.map(({ sessions }) => sessions));
  return (
    <section class="card">
      <h2>How long they lasted</h2>
      {from < 0 ? <Empty says="No session has ended." /> : (
        <>
          <table>
            <tbody>
              {durations.slice(from, to + 1).map(({ up_to_seconds, sessions }, i) => (
                <Bar
                  name={classOf(up_to_seconds, durations[from + i - 1]?.up_to_seconds)}
                  value={sessions}
                  most={most}
                />
              ))}
            </tbody>
          </table>
          <p class="soft">
            Half lasted at most {duration(p50)}, nine of ten {duration(p90)}, 99 of a hundred {duration(p99)}.
          </p>
        </>
      )}
    </section>
  );
}

const classOf = (end: number | null, before: number | null | undefined) =>
  end === null ? `over ${duration(before ?? 0)}` : `up to ${duration(end)}`;

/** The newest starts of all countries. */
export function newestStarts(starts: Starts, most: number) {
  return Object.entries(starts).flatMap(([country, list]) => list.map((start) => ({ country, ...start })))
    .sort((a, b) => a.ts < b.ts ? 1 : -1).slice(0, most);
}

const duration = (seconds: number | null): string =>
  seconds === null ? "none" : span(Math.round(seconds * 1000));

function Sessions({ of }: { of: z.output<typeof SessionsOfUser>[string] }) {
  if (of.length === 0) return <Empty says="No complete session of this user." />;
  return (
    <Table label="Sessions of the user" head={["Start", "Country", "Lasted"]}>
      {of.map((session) =>
        typeof session === "string" ? null : (
          <tr>
            <td class="mono">{session.start.replace("T", " ")}</td>
            <td>{session.country}</td>
            <td class="mono">{duration(session.duration_seconds)}</td>
          </tr>
        )
      )}
    </Table>
  );
}
