/** Mattermost's bulk export: a JSON object a line. Posts have no ids there, so they are known by who, when and what. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type {
  ConversationOrigin,
  IncomingMessage,
  MessageStore,
} from "../../../db/conversations/messages.ts";
import { ForeignName, ForeignText, wellFormed } from "../foreign.ts";
import { ExportMembers } from "./export_members.ts";
import { isSpoken, PostProps, textOf } from "./posts.ts";
import type { ImportProgress } from "../slack/export.ts";

/** Messages that are stored at a time. */
const BATCH = 1000;

const name = ForeignName.pipe(z.string().min(1));
const Said = z.object({
  user: name,
  message: ForeignText,
  create_at: z.number().int().min(0).max(8.64e15),
  type: z.string().nullish().catch(undefined),
  props: PostProps.nullish().catch(undefined),
  reactions: z.unknown().optional(),
  attachments: z.unknown().optional(),
});
const Reaction = z.object({ user: name, emoji_name: name });
const File = z.object({ path: name });
const replies = z.array(Said).nullish();
const Channel = z.object({ team: name, name, display_name: ForeignName });
const User = z.object({
  username: name,
  delete_at: z.number().default(0),
  teams: z.array(z.object({ name, channels: z.array(z.object({ name })).nullish() })).nullish(),
});
/** https://docs.mattermost.com/administration-guide/onboard/bulk-loading-data.html; other types are passed over. */
const Line = z.discriminatedUnion("type", [
  z.object({ type: z.literal("channel"), channel: Channel }),
  z.object({ type: z.literal("user"), user: User }),
  z.object({ type: z.literal("post"), post: Said.extend({ team: name, channel: name, replies }) }),
  z.object({
    type: z.literal("direct_post"),
    direct_post: Said.extend({ channel_members: z.array(name).min(1), replies }),
  }),
]);
type Said = z.output<typeof Said>;

/** Where an import writes to. */
export interface MattermostExportOptions {
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
}

/**
 * Imports an export; the same one again changes nothing. A channel's id is TEAM/CHANNEL, and its members are those
 * of the export by their names there, and nobody else, without those who were deactivated. A first line that is no
 * `version`: `TypeError`.
 */
export async function* importMattermostExport(
  lines: AsyncIterable<string>,
  totalBytes: number,
  options: MattermostExportOptions,
): AsyncGenerator<ImportProgress> {
  const posts = new PostQueue(options.messages), members = new ExportMembers(options.conversations);
  let done = 0, isFirst = true;
  for await (const text of lines) {
    done += new TextEncoder().encode(text).length + 1;
    const line = parse(text);
    if (isFirst && (line as { type?: unknown } | null)?.type !== "version") {
      throw new TypeError("this is no Mattermost bulk export: its first line is no version");
    }
    isFirst = false;
    const read = Line.safeParse(line);
    if (read.success) await take(read.data, posts, members);
    if (posts.isFull) {
      await posts.flush();
      yield { done, total: totalBytes, messages: posts.stored };
    }
  }
  await posts.flush();
  await members.replace();
  yield { done: totalBytes, total: totalBytes, messages: posts.stored };
}

async function take(
  line: z.output<typeof Line>,
  posts: PostQueue,
  members: ExportMembers,
): Promise<void> {
  if (line.type === "channel") {
    const { team, name, display_name } = line.channel;
    return await members.addChannel(channelOf(`${team}/${name}`, display_name || name));
  }
  if (line.type === "user") return members.addUser(line.user);
  if (line.type === "post") {
    const { team, channel, replies, ...post } = line.post;
    return posts.add(channelOf(`${team}/${channel}`, channel), [post, ...replies ?? []]);
  }
  const { channel_members, replies, ...post } = line.direct_post;
  const names = channel_members.toSorted().join(", ");
  const origin = channelOf(`direct/${createHash("sha256").update(names).digest("hex")}`, names);
  await members.addChannel(origin, channel_members);
  posts.add(origin, [post, ...replies ?? []]);
}

/** Posts on their way in, by channel. */
class PostQueue {
  readonly #waiting = new Map<string, { origin: ConversationOrigin; messages: IncomingMessage[] }>();
  #count = 0;
  stored = 0;

  constructor(readonly messages: MessageStore) {}

  get isFull(): boolean {
    return this.#count >= BATCH;
  }

  add(origin: ConversationOrigin, said: readonly Said[]): void {
    const waiting = this.#waiting.get(origin.publicId) ?? { origin, messages: [] };
    this.#waiting.set(origin.publicId, waiting);
    const thread = idOf(said[0]!);
    const spoken = said.flatMap((one, index) => toMessage(one, index === 0 ? undefined : thread) ?? []);
    waiting.messages.push(...spoken);
    this.#count += spoken.length;
  }

  async flush(): Promise<void> {
    await Promise.all(
      Array.from(
        this.#waiting.values(),
        async ({ origin, messages }) => {
          const news = await this.messages.newsAmong(origin, messages);
          if (news.length > 0) await this.messages.store({ conversation: origin, messages: news });
        },
      ),
    );
    this.stored += this.#count;
    this.#count = 0;
    this.#waiting.clear();
  }
}

/** Who wrote what and when: all that an export says to know a post by. */
function idOf({ user, message, create_at }: Said): string {
  return createHash("sha256").update(JSON.stringify([user, create_at, message])).digest("base64url");
}

/** What of a post is stored; undefined: it is a notice, or says nothing. */
function toMessage(said: Said, thread: string | undefined): IncomingMessage | undefined {
  const { user, message, create_at, type, props, reactions, attachments } = said;
  const files = wellFormed(attachments, File).map(({ path }) => path.split("/").at(-1)!);
  const text = textOf(message, props?.attachments, files);
  if (!isSpoken(type ?? "") || text === "") return undefined;
  const isBot = props?.from_webhook === true || props?.from_bot === true;
  return {
    origin: idOf(said),
    time: create_at,
    revisedAt: create_at,
    author: (isBot && props?.override_username) || user,
    text,
    details: { thread, bot: isBot || undefined },
    reactions: wellFormed(reactions, Reaction).map(({ emoji_name, user }) => `${emoji_name} ${user}`),
  };
}

function channelOf(publicId: string, name: string): ConversationOrigin {
  return { publicId, source: "mattermost", name };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
