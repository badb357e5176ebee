/** Many events in one body: an array or lines of JSON, checked one by one. */
import type { z } from "zod";
import { BatchEvent, MAX_BATCH, UncheckedBatch } from "../../api/profiles.ts";
import { invalid, type Issue } from "../../domain/errors.ts";
import { isNdjson, linesOf, parseLine, piecesOf } from "../../domain/ndjson.ts";
import { readBody, readJsonOfBeacon } from "../request.ts";
import type { Sender } from "../serving/admission.ts";

const MAX_BATCH_BYTES = 8 << 20;

/** An event of a batch. */
export type Event = z.output<typeof BatchEvent>;

/** What may be an event, and where it is: a line from 1, or in an array an index from 0. */
interface Candidate {
  readonly place: number;
  readonly value?: unknown;
  /** What is wrong with it already. */
  readonly message?: string;
}

/** The events of a body that are right, and what is wrong with the others, one issue each. */
export interface SortedBatch {
  readonly events: Event[];
  readonly refusals: Issue[];
}

/** Reads a body; `refusalOf` says what else may be wrong with an event. More than MAX_BATCH: `invalid-request`. */
export async function readBatch(
  sender: Sender,
  refusalOf: (event: Event) => Issue | undefined,
): Promise<SortedBatch> {
  const batch: SortedBatch = { events: [], refusals: [] };
  for (const { place, value, message } of await readCandidates(sender)) {
    const refuse = (path: string, message: string) =>
      batch.refusals.push({ path: path === "" ? `${place}` : `${place}.${path}`, message });
    if (message !== undefined) {
      refuse("", message);
      continue;
    }
    const { success, data, error } = BatchEvent.safeParse(value);
    const issue = success ? refusalOf(data) : error.issues[0]!;
    if (issue === undefined) batch.events.push(data!);
    else refuse([issue.path].flat().map(String).join("."), issue.message);
  }
  return batch;
}

async function readCandidates(sender: Sender): Promise<Candidate[]> {
  if (!isNdjson(sender.request.headers.get("content-type"))) {
    const values = await readJsonOfBeacon(sender, UncheckedBatch, MAX_BATCH_BYTES);
    return values.map((value, place) => ({ place, value }));
  }
  const candidates: Candidate[] = [];
  let place = 0;
  for await (const lines of linesOf(piecesOf(await readBody(sender, MAX_BATCH_BYTES)))) {
    for (const line of lines) {
      place++;
      const parsed = parseLine(line);
      if (parsed !== undefined) candidates.push({ place, ...parsed });
      if (candidates.length > MAX_BATCH) throw invalid(`at most ${MAX_BATCH} events at a time`);
    }
  }
  return candidates;
}
