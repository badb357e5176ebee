/** Slack's export: an archive of channels.json, users.json and a JSON file for each channel and day. */
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import { slackPerson } from "../people/access.ts";
import { ForeignId, ForeignName, wellFormed } from "../foreign.ts";
import { type SlackInbox, SlackMessage } from "./inbox.ts";
import { type SlackNames, SlackUser } from "./names.ts";

/** The files of an archive. */
export interface ExportFiles {
  readonly names: readonly string[];
  read(name: string): Promise<string>;
}

/** How far an import has come. */
export interface ImportProgress {
  /** Files or bytes, of so many in all. */
  readonly done: number;
  readonly total: number;
  readonly messages: number;
}

/** Where an import writes to. */
export interface SlackExportOptions {
  readonly conversations: ConversationStore;
  readonly inbox: SlackInbox;
  readonly names: SlackNames;
}

const Channel = z.object({
  id: ForeignId,
  name: ForeignName.optional(),
  members: z.array(z.unknown()).default([]),
});

/** The files that list channels, and what their folders are named after. */
const LISTS: Record<string, "name" | "id"> = {
  "channels.json": "name",
  "groups.json": "name",
  "mpims.json": "name",
  "dms.json": "id",
};

/**
 * Imports an export; the same one again changes nothing. Members of each channel are those of the export,
 * by their ids, without those who were deactivated.
 * No channels.json: `TypeError`.
 */
export async function* importSlackExport(
  files: ExportFiles,
  { conversations, inbox, names }: SlackExportOptions,
): AsyncGenerator<ImportProgress> {
  if (!files.names.includes("channels.json")) {
    throw new TypeError("this is no Slack export: it has no channels.json");
  }
  const users = await listOf(files, "users.json", SlackUser);
  names.learn(users);
  const gone = new Set(users.filter(({ deleted }) => deleted).map(({ id }) => id));
  await conversations.expel(Array.from(gone, slackPerson));
  const byFolder = new Map<string, { publicId: string; source: "slack"; name: string }>();
  for (const [list, folder] of Object.entries(LISTS)) {
    for (const channel of await listOf(files, list, Channel)) {
      const { id, name = id, members } = channel;
      const origin = { publicId: id, source: "slack", name } as const;
      if (list === "channels.json") names.learnChannel(id, name);
      if (!await conversations.ensure(origin)) continue;
      byFolder.set(folder === "name" ? name : id, origin);
      const people = wellFormed(members, ForeignId).filter((member) => !gone.has(member)).map(slackPerson);
      await conversations.replaceMembers(origin, "slack:", people);
    }
  }
  const days = files.names.filter((name) => /^[^/]+\/\d{4}-\d\d-\d\d\.json$/.test(name));
  let stored = 0;
  for (const [index, day] of days.entries()) {
    const channel = byFolder.get(day.slice(0, day.indexOf("/")));
    if (channel !== undefined) {
      const messages = await listOf(files, day, SlackMessage);
      stored += (await inbox.store(channel, messages, { isHistory: true })).length;
    }
    yield { done: index + 1, total: days.length, messages: stored };
  }
}

/** The entries of a file that are as they should be; none when there is no such file. */
async function listOf<S extends z.ZodType>(
  files: ExportFiles,
  name: string,
  schema: S,
): Promise<z.output<S>[]> {
  if (!files.names.includes(name)) return [];
  const text = await files.read(name);
  try {
    return wellFormed(JSON.parse(text), schema);
  } catch {
    throw new TypeError(`${name} in the archive is not JSON`);
  }
}
