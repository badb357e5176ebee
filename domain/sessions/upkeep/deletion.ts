/** Deleting a user: out of every chunk that has something of them, and out of the figures. */
import { Buffer } from "node:buffer";
import { Chunk, type StoredSession } from "../../../db/sessions/format/chunk.ts";
import { ChunkWriter } from "../../../db/sessions/format/chunk_writer.ts";
import { MAX_ID_BYTES, packId } from "../../../db/sessions/format/ids.ts";
import { endOfUser, userKey } from "../../../db/sessions/format/keys.ts";
import type { Contribution } from "../../../db/sessions/format/ledger.ts";
import type { RecentStore } from "../../../db/sessions/recent.ts";
import { passDeletion, type ShrunkChunk } from "../../../db/sessions/run_changes.ts";
import { chunkId } from "../../../db/sessions/run_store.ts";
import { contributionOf } from "../storage/changes.ts";
import { figuresOf, sweepChunks } from "./expiry.ts";
import { type Places, placesOfKeys } from "../storage/runs.ts";
import type { Storage } from "../storage/storage.ts";

/** Chunks that are read, and those that are written, at one go. */
const READ_AT_ONCE = 32;
/** Longer than a chunk of a run that is no more stays. */
const ALL_DOOMED_MS = 86_400_000;

/**
 * Deletes a user's sessions, while no run changes and the log is empty. Answers how many sessions could still be seen.
 * Starts go first, in short commits: after a crash the user is still there to be deleted.
 */
export async function deleteUser(storage: Storage, recent: RecentStore, userId: string): Promise<number> {
  const { store, clock, firstVisible } = storage;
  const scratch = new Uint8Array(MAX_ID_BYTES), user = scratch.slice(0, packId(userId, scratch, 0));
  // Runs by start have no order of users, so all of each is looked through.
  for (const { id, fences } of storage.startRuns) {
    for await (const chunks of shrunkChunks(storage, id, { from: 0, to: fences.length }, user)) {
      await replaceChunks(storage, chunks, []);
    }
  }
  const sessions = new Map<string, StoredSession>(), shrunk: ShrunkChunk[] = [], first = userKey(userId);
  for (const run of storage.userRuns) {
    if (!run.filter.has(first)) continue;
    const places = placesOfKeys(run, first, endOfUser(first));
    // Of two states of a session the newest run's counts.
    const removed = (session: StoredSession) => {
      if (!sessions.has(session.sessionId)) sessions.set(session.sessionId, session);
    };
    for await (const chunks of shrunkChunks(storage, run.id, places, user, removed)) shrunk.push(...chunks);
  }
  const visible = [...sessions.values()].filter(({ received }) => received >= firstVisible);
  await replaceChunks(storage, shrunk, visible.flatMap((session) => contributionOf(session, -1) ?? []));
  await forgetInLog(recent, userId);
  // Chunks of runs that were merged have them, too.
  await sweepChunks({ store, clock: () => clock() + ALL_DOOMED_MS });
  return visible.length;
}

/** Stores chunks without what was deleted from them, and adds to the figures. */
async function replaceChunks(
  storage: Storage,
  chunks: readonly ShrunkChunk[],
  contributions: readonly Contribution[],
): Promise<void> {
  if (chunks.length === 0) return;
  await storage.store.commit([
    ...passDeletion(storage.state.version, chunks),
    ...figuresOf(contributions),
  ]);
  await storage.view();
}

/** Chunks of a run that have something of a user, without it. */
async function* shrunkChunks(
  { store }: Storage,
  run: number,
  { from, to }: Places,
  user: Uint8Array,
  onRemoved?: (session: StoredSession) => void,
): AsyncGenerator<ShrunkChunk[]> {
  const wanted = Buffer.from(user);
  for (let place = from; place < to; place += READ_AT_ONCE) {
    const ids = Array.from({ length: Math.min(READ_AT_ONCE, to - place) }, (_, i) => chunkId(run, place + i));
    const shrunk: ShrunkChunk[] = [];
    for (const [id, bytes] of await store.runs.chunks(ids)) {
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(wanted)) continue;
      const chunk = Chunk.of(bytes), writer = new ChunkWriter(Math.max(1, chunk.count));
      for (let i = 0; i < chunk.count; i++) {
        const isTheirs = Buffer.compare(chunk.ids(i).subarray(0, chunk.middle(i)), user) === 0;
        if (!isTheirs) writer.copy(chunk, i);
        else onRemoved?.(chunk.session(i));
      }
      const removed = chunk.count - writer.size;
      if (removed > 0) shrunk.push({ run, id, data: writer.take(), removed });
    }
    yield shrunk;
  }
}

/** Commits of the log that are looked through at a time for a user. */
const LOOK_COMMITS = 64;

/** Takes a user out of what the log keeps for followers. The places of other events stay. */
async function forgetInLog(store: RecentStore, userId: string): Promise<void> {
  for (let after = 0;;) {
    const commits = await store.flushed(after, LOOK_COMMITS);
    await store.overwrite(commits.flatMap(({ number, data }) => {
      const without = withoutUser(Chunk.of(data), userId);
      return without === undefined ? [] : [{ number, data: without }];
    }));
    if (commits.length < LOOK_COMMITS) return;
    after = commits.at(-1)!.number;
  }
}

const NOTHING: StoredSession = {
  key: 0,
  userId: "",
  sessionId: "",
  country: null,
  start: null,
  end: null,
  received: 0,
};

function withoutUser(chunk: Chunk, userId: string): Uint8Array | undefined {
  const isTheirs = Array.from({ length: chunk.count }, (_, i) => chunk.userId(i) === userId);
  if (!isTheirs.includes(true)) return undefined;
  const writer = new ChunkWriter(chunk.count);
  for (const [i, gone] of isTheirs.entries()) {
    if (gone) writer.add(NOTHING);
    else writer.copy(chunk, i);
  }
  return writer.take();
}
