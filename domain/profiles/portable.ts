/** Profiles and events as records: accounts, their ids, what they said in its order, then counts of events. */
import { z } from "zod";
import { BUCKET_MS, type EventStore } from "../../db/profiles/events.ts";
import type { PortableStore, SaidId } from "../../db/profiles/portable.ts";
import type { ProfileStore, ProfileUpdate } from "../../db/profiles/profiles.ts";
import { RunnelError } from "../errors.ts";
import { Gatherer, type Portable } from "../operation/portable.ts";
import { iso } from "../time.ts";
import { Context, Name } from "./names.ts";

/** What an update counts for in a commit, in bytes. */
const UPDATE_BYTES = 600;

const Moment = z.iso.datetime().transform((text) => Date.parse(text));
const Account = { app: Name, account: Name };
const Text = z.string().refine((text) => text.isWellFormed() && !text.includes("\0"), "well-formed text");

const AccountRecord = z.strictObject({
  record: z.literal("account"),
  ...Account,
  keywords: z.array(Text).nullable(),
});
const IdRecord = z.strictObject({
  record: z.literal("id"),
  ...Account,
  service: Name,
  id: Name,
  said: Moment.nullable(),
  split: Moment.nullable(),
});
const FieldsRecord = z.strictObject({
  record: z.literal("fields"),
  ...Account,
  fields: z.record(Text.min(1), Text),
});
const EventRecord = z.strictObject({
  record: z.literal("events"),
  ...Account,
  event: Name,
  context: Context,
  time: Moment.refine((time) => time % BUCKET_MS === 0, "the begin of five minutes"),
  count: z.int().positive(),
});
const Record = z.discriminatedUnion("record", [AccountRecord, IdRecord, FieldsRecord, EventRecord]);
type Read = z.output<typeof Record>;

/** What exporting and importing profiles needs. */
export interface ProfilePortableOptions {
  readonly store: PortableStore;
  readonly profiles: ProfileStore;
  readonly events: EventStore;
  readonly clock: () => number;
  readonly maxAccounts: number;
  /** The first five minutes since the epoch whose events have not expired. */
  readonly firstBucket: () => number;
}

const isoOf = (millis: number | null) => millis === null ? null : iso(millis);

export function portableProfiles(options: ProfilePortableOptions): Portable {
  const { store, firstBucket } = options;
  return {
    async *records() {
      for await (const page of store.accounts()) {
        yield page.map(({ app, account, keywords }) => (
          { record: "account", app, account, keywords: JSON.parse(keywords ?? "null") }
        ));
      }
      for await (const page of store.ids()) {
        yield page.map(({ app, account, service, id, at, splitAt }) => (
          { record: "id", app, account, service, id, said: isoOf(at), split: isoOf(splitAt) }
        ));
      }
      for await (const page of store.fields()) {
        yield page.map(({ app, account, fields }) => (
          { record: "fields", app, account, fields: JSON.parse(fields) }
        ));
      }
      for await (const page of store.events(firstBucket())) {
        yield page.map(({ app, account, event, bucket, context, n }) => (
          { record: "events", app, account, event, context, time: isoOf(bucket * BUCKET_MS), count: n }
        ));
      }
    },
    importer: () => new Gatherer(Record, (records) => storeRecords(options, records)),
  };
}

/** Stores records kind by kind, as they come in a file; updates in their order. */
async function storeRecords(options: ProfilePortableOptions, records: readonly Read[]): Promise<void> {
  const { store, profiles, events, clock, maxAccounts } = options;
  const now = clock();
  const updates = records.flatMap((record) => updateOf(record, now, maxAccounts) ?? []);
  const refusals = await Promise.all(updates.map((update) => profiles.update(update, UPDATE_BYTES)));
  if (refusals.includes("person-full")) {
    throw new RunnelError("person-full", `an id makes one person of more than ${maxAccounts} accounts`);
  }
  const split = records.filter((record) => record.record === "id" && record.split !== null) as z.output<
    typeof IdRecord
  >[];
  if (split.length > 0) {
    await store.split(split.map(({ app, account, service, id, said, split }): SaidId => (
      { app, account, service, id, at: said, splitAt: split }
    )));
  }
  const counted = records.filter((record) => record.record === "events");
  if (counted.length === 0) return;
  await events.record({
    events: counted.map(({ app, account, event, context, time, count }) => (
      { app, account, event, context, bucket: time / BUCKET_MS, n: count, id: undefined }
    )),
    now,
    idsUntil: now,
  }, 400 * counted.length);
}

/** What a record says of an account; undefined for events, and for an id that joins nobody. */
function updateOf(record: Read, now: number, maxAccounts: number): ProfileUpdate | undefined {
  if (record.record === "events" || (record.record === "id" && record.split !== null)) return undefined;
  return {
    app: record.app,
    account: record.account,
    identities: record.record === "id" ? [[record.service, record.id]] : [],
    fields: record.record === "fields" ? record.fields : {},
    keywords: record.record === "account" ? record.keywords ?? undefined : undefined,
    at: record.record === "id" ? record.said ?? now : now,
    maxAccounts,
  };
}
