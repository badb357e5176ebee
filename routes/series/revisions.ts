/** Revisions of series: which there are, and making one the newest. */
import { RestoreBody, type RevisionsQuery } from "../../api/series.ts";
import type { RevisionRow } from "../../domain/series/storage/revisions.ts";
import { iso } from "../../domain/time.ts";
import { described, jsonList, single } from "../answers/stream.ts";
import { readJsonOfAnyType } from "../request.ts";
import { json } from "../respond.ts";
import type { Call } from "../route.ts";
import { seriesName } from "./names.ts";

export async function listRevisions(call: Call<typeof RevisionsQuery>): Promise<Response> {
  const { query: { limit }, services: { series } } = call;
  const revisions = await series.revisions(seriesName(call.request));
  const listed = limit === undefined ? revisions : first(revisions, limit);
  return await jsonList(call, { elements: described(single(listed), showRevision) });
}

async function* first<T>(values: AsyncGenerator<T>, most: number): AsyncGenerator<T> {
  let told = 0;
  for await (const value of values) {
    yield value;
    if (++told === most) return;
  }
}

export async function restoreRevision(call: Call): Promise<Response> {
  const { request, services: { series } } = call;
  const name = seriesName(request);
  const { revision } = await readJsonOfAnyType(call, RestoreBody);
  return json(showRevision(await series.restore(name, revision)));
}

function showRevision({ revision, changedAt, rows, change }: RevisionRow) {
  return { revision, time: iso(changedAt), rows, change };
}
