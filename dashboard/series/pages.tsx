/** Time series: references, their symbols, and the chart of one. */
import type { z } from "zod";
import type { References, Symbols } from "../../api/series.ts";
import {
  count,
  Empty,
  Figure,
  Heading,
  part,
  Refused,
  type Shown,
  span,
  Table,
  type View,
} from "../view.tsx";

/** Rows that a chart draws; more are reduced to bins by the server. */
const MOST_POINTS = 1_000;
const SHOWN_ROWS = 20;
const PAGE_SIZE = 200;

type ListedSymbol = z.output<typeof Symbols>[number];
interface Frame {
  readonly columns: readonly string[];
  readonly index: readonly number[];
  readonly data: readonly (readonly unknown[])[];
}

/** The references. */
export async function seriesPage(view: View): Promise<Shown> {
  const references = await view.read<z.output<typeof References>>("/api/store");
  return {
    title: "Series",
    body: (
      <div class="stack">
        <h1>Time series</h1>
        <p class="lead">Data frames by reference and symbol.</p>
        <section class="card">
          {references.length === 0
            ? (
              <Empty
                says="There is no series yet."
                curl={`curl -s -X PUT ${view.base}/api/store/NASDAQ/ACME -d '{"close":{"2020-01-02":102.5,"2020-01-03":101.75}}'`}
              />
            )
            : (
              <Table label="References" head={["Reference", "Series", "Rows are kept for"]}>
                {references.map(({ reference, symbols, ttlMillis }) => (
                  <tr>
                    <th scope="row">
                      <a href={`${view.root}/dashboard/series/${part(reference)}`}>{reference}</a>
                    </th>
                    <td class="mono">{count(symbols)}</td>
                    <td class="mono">{ttlMillis === undefined ? "ever" : span(ttlMillis)}</td>
                  </tr>
                ))}
              </Table>
            )}
        </section>
      </div>
    ),
  };
}

/** The symbols of a reference, a page at a time. */
export async function symbolsPage(view: View): Promise<Shown> {
  const reference = view.param("reference");
  const after = view.query.get("after");
  const all = await view.read<ListedSymbol[]>(
    `/api/store/${part(reference)}?limit=${PAGE_SIZE + 1}${after === null ? "" : `&after=${part(after)}`}`,
  );
  const shown = all.slice(0, PAGE_SIZE);
  return {
    title: reference,
    body: (
      <div class="stack">
        <Heading view={view} to="/series" above="All references">{reference}</Heading>
        <section class="card">
          <Table label="Series" head={["Symbol", "Rows", "First", "Last", "Columns"]}>
            {shown.map(({ symbol, rows, first, last, columns }) => (
              <tr>
                <th scope="row">
                  <a href={`${view.root}/dashboard/series/${part(reference)}/${part(symbol)}`}>{symbol}</a>
                </th>
                <td class="mono">{count(rows)}</td>
                <td class="mono">{first.slice(0, 16)}</td>
                <td class="mono">{last.slice(0, 16)}</td>
                <td>{columns.slice(0, 12).map(({ name }) => name).join(", ")}</td>
              </tr>
            ))}
          </Table>
          {all.length > PAGE_SIZE && (
            <p>
              <a class="quiet" href={`?after=${part(shown.at(-1)!.symbol)}`}>More series</a>
            </p>
          )}
        </section>
      </div>
    ),
  };
}

/** One series: chart, newest rows, and the way out as CSV. */
export async function symbolPage(view: View): Promise<Shown | Response> {
  const reference = view.param("reference"), symbol = view.param("symbol");
  const at = `/api/store/${part(reference)}/${part(symbol)}`;
  if (view.query.get("format") === "csv") return await csv(view, at);
  const [about] = await view.read<ListedSymbol[]>(`/api/store/${part(reference)}?symbol=${part(symbol)}`);
  if (about === undefined) throw new Refused(404, `There is no series ${symbol} in ${reference}.`);
  const [drawn, newest] = await Promise.all([
    drawnFrame(view, at, about),
    view.read<Frame>(`${at}?jsonformat=split&date_format=iso&tail=${SHOWN_ROWS}`),
  ]);
  const here = `${view.root}/dashboard/series/${part(reference)}/${part(symbol)}`;
  return {
    title: symbol,
    body: (
      <div class="stack">
        <Heading view={view} to={`/series/${part(reference)}`} above={reference}>{symbol}</Heading>
        <dl class="figures">
          <Figure name="Rows" value={about.rows} />
          <Figure name="First" value={about.first.slice(0, 10)} />
          <Figure name="Last" value={about.last.slice(0, 10)} />
        </dl>
        <section class="card">
          <form class="row" method="get" action={here}>
            <DayField view={view} label="From" name="start" usual={about.first} />
            <DayField view={view} label="To" name="end" usual={about.last} />
            <button class="quiet" type="submit">Show</button>
            <a class="quiet" href={`${here}?format=csv`} download={`${symbol}.csv`}>Export CSV</a>
          </form>
          <link rel="stylesheet" href={`${view.root}/dashboard/assets/uplot.css`} />
          <div class="chart" data-chart={JSON.stringify(drawn)} role="img" aria-label={`Chart of ${symbol}`}>
          </div>
          <script src={`${view.root}/dashboard/assets/uplot.js`} defer></script>
          <script src={`${view.root}/dashboard/assets/chart.js`} defer></script>
        </section>
        <section class="card">
          <h2>Newest rows</h2>
          <Table label="Newest rows" head={["Time", ...newest.columns]}>
            {newest.index.map((stamp, i) => ({ stamp, cells: newest.data[i]! })).toReversed().map((
              { stamp, cells },
            ) => (
              <tr>
                <td class="mono">{String(stamp).replace(/T00:00:00(\.0+)?$/, "").replace("T", " ")}</td>
                {cells.map((cell) => <td class="mono">{cell === null ? "" : String(cell)}</td>)}
              </tr>
            ))}
          </Table>
        </section>
      </div>
    ),
  };
}

function DayField(
  { view, label, name, usual }: { view: View; label: string; name: string; usual: string },
) {
  return (
    <label>
      {label}{" "}
      <input name={name} value={view.query.get(name) ?? ""} placeholder={usual.slice(0, 10)} size={12} />
    </label>
  );
}

async function csv(view: View, at: string): Promise<Response> {
  const answer = await view.api(`${at}?format=csv`);
  if (answer.status >= 400) throw new Refused(answer.status, (await answer.json()).detail);
  return answer;
}

const CANDLE_COLUMNS = ["open", "high", "low", "close"];
const CANDLE = "open:first,high:max,low:min,close:last";

/** What the chart draws: names of columns, then seconds and a list of values for each. */
async function drawnFrame(view: View, at: string, about: ListedSymbol) {
  const numbers = about.columns.filter(({ type }) => /float|int/i.test(type)).map(({ name }) => name);
  const isCandles = CANDLE_COLUMNS.every((name) => numbers.includes(name));
  const names = isCandles ? CANDLE_COLUMNS : numbers.slice(0, 6);
  if (names.length === 0) return { names, data: [[]] };
  const range = ["start", "end"].map((name) => [name, view.query.get(name)] as const).filter(([, value]) =>
    value
  );
  const asked = new URLSearchParams({ jsonformat: "split", date_format: "epoch", date_unit: "ms" });
  for (const [name, value] of range) asked.set(name, value!);
  const from = Date.parse(view.query.get("start") || about.first),
    to = Date.parse(view.query.get("end") || about.last);
  const isLong = about.rows > MOST_POINTS;
  if (isLong) {
    asked.set(
      "every",
      `${Math.max(1, Math.ceil(Math.max(0, (to || 0) - (from || 0)) / MOST_POINTS / 1000))}s`,
    );
  }
  if (!isLong || !isCandles) asked.set("columns", names.join(","));
  if (isLong) asked.set("agg", isCandles ? CANDLE : "mean");
  const { columns, index, data } = await view.read<Frame>(`${at}?${asked}`);
  return {
    names: columns,
    data: [
      index.map((stamp) => stamp / 1000),
      ...columns.map((_, i) => data.map((row) => row[i] ?? null)),
    ],
  };
}
