/** One series: its chart, alone or beside others of its reference, newest rows, revisions, and the way out as a file. */
import type { Child } from "hono/jsx";
import { count, Figure, Heading, part, Refused, type Shown, Table, type View } from "../view.tsx";
import {
  addressOf,
  areCandles,
  CANDLE,
  type Chart,
  chartOf,
  comparedChart,
  type Frame,
  type ListedSymbol,
  MOST_LINES,
  numbersOf,
  type Part,
  rangeOf,
  readColumns,
} from "./frame.ts";
import { SYMBOLS } from "./list.tsx";
import { Earlier, readRevisions, type Revision, RevisionsCard } from "./revisions.tsx";

const SHOWN_ROWS = 20;
/** Columns that can be chosen. */
const MOST_COLUMNS = 24;
/** What a series is saved as, and how the API calls that. */
const EXPORTS = { CSV: "csv", Parquet: "parquet", Arrow: "feather", JSON: "json" } as const;

/** What the page is asked for. */
interface Asked {
  readonly of: Part;
  readonly about: ListedSymbol;
  /** Columns that are drawn: one where series are compared. */
  readonly columns: readonly string[];
  /** Other symbols in the same chart. */
  readonly others: readonly string[];
  readonly isRelative: boolean;
  readonly revisions: readonly Revision[];
  readonly shown: Revision | undefined;
}

/** The page, or the series as a file. */
export async function symbolPage(view: View): Promise<Shown | Response> {
  const asked = await readAsked(view);
  if (asked === undefined) return await removedPage(view);
  const { of, about, revisions, shown } = asked;
  const format = view.query.get("format");
  if (format !== null) return await exported(view, of, format);
  const rows = new URLSearchParams({ jsonformat: "split", date_format: "iso", tail: String(SHOWN_ROWS) });
  if (of.asOf !== undefined) rows.set("asOf", of.asOf);
  const [chart, newest] = await Promise.all([
    readChart(view, asked),
    view.read<Frame>(`${addressOf(of)}?${rows}`),
  ]);
  const here = `${view.root}/dashboard/series/${part(of.reference)}/${part(of.symbol)}`;
  const to = `/series/${part(of.reference)}/${part(of.symbol)}/restore`;
  return {
    title: of.symbol,
    body: (
      <div class="stack">
        <Heading view={view} to={`/series/${part(of.reference)}`} above={of.reference}>{of.symbol}</Heading>
        <Earlier view={view} here={here} shown={shown} to={to} />
        <dl class="figures">
          <Figure name="Rows" value={of.rows} />
          <Figure name="First" value={about.first.slice(0, 10)} />
          <Figure name="Last" value={about.last.slice(0, 10)} />
          <Figure name="Columns" value={about.columns.length} />
        </dl>
        <ChartCard view={view} here={here} asked={asked} chart={chart}>
          <Controls view={view} here={here} asked={asked} />
        </ChartCard>
        <NewestRows newest={newest} />
        <RevisionsCard here={here} revisions={revisions} shown={shown ?? revisions[0]} />
      </div>
    ),
  };
}

/** A series that was removed, which a revision may bring back. */
async function removedPage(view: View): Promise<Shown> {
  const reference = view.param("reference"), symbol = view.param("symbol");
  const revisions = await readRevisions(view, { reference, symbol });
  const shown = revisions.find(({ revision }) => String(revision) === view.query.get("revision"));
  const at = `/series/${part(reference)}/${part(symbol)}`, here = `${view.root}/dashboard${at}`;
  return {
    title: symbol,
    body: (
      <div class="stack">
        <Heading view={view} to={`/series/${part(reference)}`} above={reference}>{symbol}</Heading>
        <p class="lead">This series was removed.</p>
        <Earlier view={view} here={here} shown={shown} to={`${at}/restore`} />
        <RevisionsCard here={here} revisions={revisions} shown={shown} />
      </div>
    ),
  };
}

/** Undefined where there is no such series now. */
async function readAsked(view: View): Promise<Asked | undefined> {
  const reference = view.param("reference"), symbol = view.param("symbol"), { query } = view;
  const [[about], revisions] = await Promise.all([
    view.read<ListedSymbol[]>(`/api/store/${part(reference)}?symbol=${part(symbol)}`),
    readRevisions(view, { reference, symbol }),
  ]);
  if (about === undefined) return undefined;
  const given = (name: string) => query.get(name)?.trim() || undefined;
  const asOf = given("revision");
  const shown = revisions.find(({ revision }) => String(revision) === asOf);
  if (asOf !== undefined && shown === undefined) throw new Refused(404, `Revision ${asOf} is not kept.`);
  const numbers = numbersOf(about), chosen = query.getAll("column").filter((name) => numbers.includes(name));
  const others = [...new Set(query.getAll("with").map((name) => name.trim()))]
    .filter((name) => name !== "" && name !== symbol).slice(0, MOST_LINES - 1);
  const candles = Object.keys(CANDLE).filter((name) => numbers.includes(name));
  const usual = areCandles(candles) ? candles : numbers.slice(0, MOST_LINES);
  const single = chosen[0] ?? (numbers.includes("close") ? "close" : numbers[0]);
  const columns = others.length > 0
    ? [single].filter((name) => name !== undefined)
    : chosen.length > 0
    ? chosen.slice(0, MOST_LINES)
    : usual;
  const of = {
    reference,
    symbol,
    asOf,
    rows: shown?.rows ?? about.rows,
    start: given("start"),
    end: given("end"),
    first: about.first,
    last: about.last,
  };
  return { of, about, columns, others, isRelative: query.has("relative"), revisions, shown };
}

async function readChart(view: View, { of, columns, others, isRelative }: Asked): Promise<Chart> {
  if (columns.length === 0) return { kind: "lines", names: [], data: [[]] };
  if (others.length === 0) return chartOf(await readColumns(view, of, columns));
  const lines = await Promise.all([of.symbol, ...others].map(async (symbol) => ({
    name: symbol,
    // Of others as they are now: revisions are those of this series.
    frame: await readColumns(
      view,
      { ...of, symbol, asOf: symbol === of.symbol ? of.asOf : undefined },
      columns,
    ),
  })));
  return comparedChart(lines, isRelative);
}

function ChartCard({ view, here, asked, chart, children }: {
  view: View;
  here: string;
  asked: Asked;
  chart: Chart;
  children: Child;
}) {
  const { of, columns, others } = asked;
  const drawn = others.length > 0 ? `${columns[0]} of ${[of.symbol, ...others].join(", ")}` : of.symbol;
  const range = rangeOf(of);
  range.delete("asOf");
  if (of.asOf !== undefined) range.set("revision", of.asOf);
  return (
    <section class="card stack">
      {children}
      <link rel="stylesheet" href={`${view.root}/dashboard/assets/uplot.css`} />
      <div class="chart" data-chart={JSON.stringify(chart)} role="img" aria-label={`Chart of ${drawn}`}></div>
      <p class="row">
        <span class="soft">Drag over the chart to zoom in.</span>
        {(of.start ?? of.end) !== undefined && (
          <a class="quiet" href={withoutRange(view, here)}>
            Whole time
          </a>
        )}
        {Object.entries(EXPORTS).map(([name, format]) => (
          <a
            class="quiet"
            href={`${here}?format=${format}${range.size > 0 ? `&${range}` : ""}`}
            download={`${of.symbol}.${format}`}
            aria-label={`Export as ${name}`}
          >
            {name}
          </a>
        ))}
      </p>
      <script src={`${view.root}/dashboard/assets/uplot.js`} defer></script>
      <script src={`${view.root}/dashboard/assets/chart.js`} defer></script>
    </section>
  );
}

function withoutRange({ query }: View, here: string): string {
  const rest = new URLSearchParams(query);
  rest.delete("start");
  rest.delete("end");
  return rest.size > 0 ? `${here}?${rest}` : here;
}

function Controls({ view, here, asked }: { view: View; here: string; asked: Asked }) {
  const { of, about } = asked;
  return (
    <form class="stack" method="get" action={here}>
      {of.asOf !== undefined && <input type="hidden" name="revision" value={of.asOf} />}
      <div class="row">
        <label>
          From <input name="start" value={of.start ?? ""} placeholder={about.first.slice(0, 10)} size={12} />
        </label>
        <label>
          To <input name="end" value={of.end ?? ""} placeholder={about.last.slice(0, 10)} size={12} />
        </label>
        <Comparison view={view} asked={asked} />
        <button type="submit">Show</button>
      </div>
      <ColumnChoice asked={asked} />
    </form>
  );
}

/** Which other symbols are in the chart, and whether as changes in percent. */
function Comparison({ view, asked: { of, others, isRelative } }: { view: View; asked: Asked }) {
  return (
    <>
      {others.map((name) => (
        <label class="check">
          <input type="checkbox" name="with" value={name} checked /> {name}
        </label>
      ))}
      {others.length < MOST_LINES - 1 && (
        <label>
          Compare with{" "}
          <input
            name="with"
            list={SYMBOLS}
            size={12}
            autocomplete="off"
            hx-get={`${view.root}/dashboard/symbols/${part(of.reference)}`}
            hx-trigger="focus once"
            hx-select={`#${SYMBOLS}`}
            hx-target={`#${SYMBOLS}`}
            hx-swap="outerHTML"
          />
          <datalist id={SYMBOLS}></datalist>
        </label>
      )}
      {others.length > 0 && (
        <label class="check">
          <input type="checkbox" name="relative" value="true" checked={isRelative} /> Change in percent
        </label>
      )}
    </>
  );
}

/** Which columns are drawn: one of each symbol where symbols are compared. */
function ColumnChoice({ asked: { about, columns, others } }: { asked: Asked }) {
  const numbers = numbersOf(about), isCompared = others.length > 0;
  if (numbers.length < 2) return null;
  return (
    <details open={isCompared}>
      <summary>{isCompared ? `Column: ${columns[0]}` : `Columns: ${columns.join(", ")}`}</summary>
      <div class="row">
        {numbers.slice(0, MOST_COLUMNS).map((name) => (
          <label class="check">
            <input
              type={isCompared ? "radio" : "checkbox"}
              name="column"
              value={name}
              checked={columns.includes(name)}
            />{" "}
            {name}
          </label>
        ))}
      </div>
      {numbers.length > MOST_COLUMNS && <p class="soft">and {count(numbers.length - MOST_COLUMNS)} more</p>}
    </details>
  );
}

function NewestRows({ newest }: { newest: Frame }) {
  const rows = newest.index.map((stamp, i) => ({ stamp, cells: newest.data[i]! })).toReversed();
  return (
    <section class="card">
      <h2>Newest rows</h2>
      <Table label="Newest rows" head={["Time", ...newest.columns]}>
        {rows.map(({ stamp, cells }) => (
          <tr>
            <td class="mono">{String(stamp).replace(/T00:00:00(\.0+)?$/, "").replace("T", " ")}</td>
            {cells.map((cell) => <td class="mono">{cell === null ? "" : String(cell)}</td>)}
          </tr>
        ))}
      </Table>
    </section>
  );
}

async function exported(view: View, of: Part, format: string): Promise<Response> {
  if (!Object.values<string>(EXPORTS).includes(format)) {
    throw new Refused(400, `There is no format ${format}.`);
  }
  const range = rangeOf(of);
  range.set("format", format);
  const answer = await view.api(`${addressOf(of)}?${range}`, { signal: view.signal });
  if (answer.status >= 400) throw new Refused(answer.status, (await answer.json()).detail);
  return answer;
}
