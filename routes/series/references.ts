/** References and the series of each: lists, and what holds for a reference. */
import {
  type NewestSeriesQuery,
  ReferenceBody,
  type ReferenceQuery,
  type SymbolsQuery,
} from "../../api/series.ts";
import { invalid } from "../../domain/errors.ts";
import { iso } from "../../domain/time.ts";
import { formatStamp } from "../../domain/series/frame/stamps.ts";
import type { ListedSeries } from "../../domain/series/listing.ts";
import { described, jsonList, single } from "../answers/stream.ts";
import { readOptionalJson } from "../request.ts";
import { json } from "../respond.ts";
import { baseOf, type Call } from "../route.ts";
import { referenceName } from "./names.ts";

export async function listReferences(call: Call): Promise<Response> {
  const base = baseOf(call);
  const elements = described(
    single(call.services.series.references.list()),
    ({ reference, symbols, ttlMillis, keepsDuplicates }) => ({
      reference,
      symbols,
      ...(ttlMillis !== null && { ttlMillis }),
      ...(keepsDuplicates && { duplicates: "keep" }),
      href: `${base}/api/store/${encodeURIComponent(reference)}`,
    }),
  );
  return await jsonList(call, { elements });
}

export async function listSymbols(call: Call<typeof SymbolsQuery>): Promise<Response> {
  const { request, query, services: { series } } = call;
  const reference = referenceName(request);
  await series.references.find(reference);
  const base = `${baseOf(call)}/api/store/${encodeURIComponent(reference)}`;
  const pages = single(series.listing.list(reference, query));
  return await jsonList(call, { elements: described(pages, (listed) => describe(listed, base)) });
}

/** The series of all references that were saved last. */
export async function listNewest(call: Call<typeof NewestSeriesQuery>): Promise<Response> {
  const root = `${baseOf(call)}/api/store`;
  const elements = described(
    single(call.services.series.listing.newest(call.query.limit)),
    ({ reference, savedAt, ...listed }) => ({
      reference,
      saved: iso(savedAt),
      ...describe(listed, `${root}/${encodeURIComponent(reference)}`),
    }),
  );
  return await jsonList(call, { elements });
}

export async function changeReference(call: Call<typeof ReferenceQuery>): Promise<Response> {
  const { request, query, services: { series: { references } } } = call;
  const reference = referenceName(request);
  const body = await readOptionalJson(call, ReferenceBody);
  const { ttlMillis, duplicates } = { ...query, ...body };
  if (ttlMillis === undefined && duplicates === undefined) {
    throw invalid(
      "Nothing is set: send ttlMillis (a whole number of milliseconds, or null), duplicates, or both.",
    );
  }
  if (ttlMillis !== undefined) await references.setTtl(reference, ttlMillis);
  if (duplicates !== undefined) await references.setDuplicates(reference, duplicates);
  const settings = await references.settings(reference);
  return json({
    reference,
    ttlMillis: settings.ttlMillis,
    duplicates: settings.keepsDuplicates ? "keep" : "refuse",
  });
}

function describe({ symbol, rows, first, last, aware, columns }: ListedSeries, base: string) {
  return {
    symbol,
    rows,
    first: formatStamp(first, aware),
    last: formatStamp(last, aware),
    columns,
    href: `${base}/${encodeURIComponent(symbol)}`,
  };
}
