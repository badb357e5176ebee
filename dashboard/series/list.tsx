/** Time series: references and their symbols. */
import type { z } from "zod";
import type { References, Symbols } from "../../api/series.ts";
import { count, Empty, Heading, More, pageOf, part, type Shown, span, Table, type View } from "../view.tsx";

const PAGE_SIZE = 200;

/** Columns that are named. */
const MOST_COLUMNS = 12;

/** A stamp without its seconds, as people write it. */
const minuteOf = (stamp: string) => stamp.slice(0, 16).replace("T", " ");

type ListedSymbol = z.output<typeof Symbols>[number];

/** The references. */
export async function seriesPage(view: View): Promise<Shown> {
  const references = await view.read<z.output<typeof References>>("/api/store");
  const { shown, more } = pageOf(view, references, ({ reference }) => reference);
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
                {shown.map(({ reference, symbols, ttlMillis }) => (
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
          <More href={more}>More references</More>
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
                <td class="mono">{minuteOf(first)}</td>
                <td class="mono">{minuteOf(last)}</td>
                <td class="names">
                  {columns.slice(0, MOST_COLUMNS).map(({ name }) => name).join(", ")}
                  {columns.length > MOST_COLUMNS && `, and ${count(columns.length - MOST_COLUMNS)} more`}
                </td>
              </tr>
            ))}
          </Table>
          <More href={all.length > PAGE_SIZE ? `?after=${part(shown.at(-1)!.symbol)}` : undefined}>
            More series
          </More>
        </section>
      </div>
    ),
  };
}

/** The element that has the symbols that a field proposes. */
export const SYMBOLS = "symbols";

/** The first symbols of a reference: read when somebody is about to choose one. */
export async function symbolChoice(view: View): Promise<Shown> {
  const reference = view.param("reference");
  const symbols = await view.read<ListedSymbol[]>(`/api/store/${part(reference)}?limit=${PAGE_SIZE}`);
  return {
    title: reference,
    body: <datalist id={SYMBOLS}>{symbols.map(({ symbol }) => <option value={symbol}></option>)}</datalist>,
  };
}
