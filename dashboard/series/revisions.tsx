/** What a series was: its revisions, looked at one by one, and the form that restores one. */
import type { z } from "zod";
import type { Revisions } from "../../api/series.ts";
import { Action, count, part, Table, type View, When } from "../view.tsx";
import { addressOf, type Part } from "./frame.ts";

const SHOWN = 20;

/** A state of a series. */
export type Revision = z.output<typeof Revisions>[number];

/** The newest revisions, the one that is now first. */
export const readRevisions = (view: View, series: Pick<Part, "reference" | "symbol">): Promise<Revision[]> =>
  view.read(`${addressOf(series)}/revisions?limit=${SHOWN}`);

interface RevisionsProps {
  readonly view: View;
  /** Where the series' page is. */
  readonly here: string;
  readonly revisions: readonly Revision[];
  /** The one that the page shows. */
  readonly shown: Revision | undefined;
}

/** The revisions. */
export function RevisionsCard({ here, revisions, shown }: Omit<RevisionsProps, "view">) {
  const now = revisions[0];
  return (
    <section class="card" id="revisions">
      <h2>Revisions</h2>
      <Table label="Revisions" head={["Revision", "Since (UTC)", "Made by", "Rows", ""]}>
        {revisions.map((revision) => (
          <tr>
            <th scope="row">
              {revision === now
                ? <a href={here}>{revision.revision}, as it is now</a>
                : <a href={`${here}?revision=${revision.revision}`}>{revision.revision}</a>}
            </th>
            <td>
              <When time={revision.time} />
            </td>
            <td>{revision.change}</td>
            <td class="mono">{count(revision.rows)}</td>
            <td>{shown === revision && <span class="tag">shown</span>}</td>
          </tr>
        ))}
      </Table>
      <p class="soft">
        A revision is kept for some time after the next one (KEEP_REVISIONS). Look at one to restore it.
      </p>
    </section>
  );
}

/** Says which revision a page shows, and restores it when that is confirmed. */
export function Earlier({ view, here, shown, to }: Omit<RevisionsProps, "revisions"> & { to: string }) {
  if (shown === undefined) return null;
  const { revision, time, rows } = shown;
  return (
    <section class="card stack notice" role="note">
      <p>
        This is revision {revision}, as the series was from <When time={time} /> UTC on, with {count(rows)}
        {" "}
        rows. <a href={here}>As it is now</a>
      </p>
      <details>
        <summary>Restore revision {revision}</summary>
        <Action view={view} to={to} class="row">
          <input type="hidden" name="revision" value={String(revision)} />
          <span>The series becomes what it was. Its state of now stays among the revisions.</span>
          <button type="submit">Restore it</button>
        </Action>
      </details>
    </section>
  );
}

/** Makes a revision the newest. */
export async function restoreRevision(view: View): Promise<string> {
  const reference = view.param("reference"), symbol = view.param("symbol");
  await view.read(`${addressOf({ reference, symbol })}/restore`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ revision: Number(view.form.get("revision")) }),
  });
  return `/dashboard/series/${part(reference)}/${part(symbol)}#revisions`;
}
