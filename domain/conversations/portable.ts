/** Conversations as records: first conversations, then messages in the order in which they came, then deletions. */
import { z } from "zod";
import type { ConversationStore } from "../../db/conversations/conversations.ts";
import type { IncomingMessage, MessageStore, Source } from "../../db/conversations/messages.ts";
import type { MessageRow, PortableStore } from "../../db/conversations/portable.ts";
import { invalidPart, RunnelError } from "../errors.ts";
import { firstAlive, type TimeToLive } from "../expiry.ts";
import { Gatherer, type Portable } from "../operation/portable.ts";
import { iso } from "../time.ts";
import { MessageText, SourceId, UserName } from "./inbox.ts";

const Moment = z.iso.datetime().transform((text) => Date.parse(text));

const ConversationRecord = z.strictObject({
  record: z.literal("conversation"),
  id: SourceId,
  source: z.string().regex(
    /^(api|mattermost|slack|unclaimed|key:.+)$/s,
    "api, mattermost, slack, unclaimed, or key: and a name",
  ),
  name: SourceId,
  public: z.boolean(),
  members: z.array(z.string().min(1).max(256)),
});

const MessageRecord = z.strictObject({
  record: z.literal("message"),
  conversation: SourceId,
  id: SourceId,
  time: Moment,
  revised: Moment,
  author: UserName,
  text: MessageText,
  thread: SourceId.optional(),
  replyTo: SourceId.optional(),
  bot: z.boolean().optional(),
  link: z.string().max(2000).optional(),
  reactions: z.array(z.string().max(512)).optional(),
});

const DeletionRecord = z.strictObject({
  record: z.literal("deletion"),
  conversation: SourceId,
  id: SourceId,
  time: Moment,
});

const Record = z.discriminatedUnion("record", [ConversationRecord, MessageRecord, DeletionRecord]);

/** What exporting and importing conversations needs. */
export interface ConversationPortableOptions {
  readonly store: PortableStore;
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly clock: () => number;
  readonly ttlMillis: TimeToLive;
}

export function portableConversations(
  { store, messages, conversations, clock, ttlMillis }: ConversationPortableOptions,
): Portable {
  return {
    async *records() {
      for await (const page of store.conversations()) {
        yield page.map(({ publicId, isPublic, ...rest }) => ({
          record: "conversation",
          id: publicId,
          source: rest.source,
          name: rest.name,
          public: isPublic,
          members: rest.members,
        }));
      }
      for await (const page of store.messages(firstAlive(ttlMillis, clock()))) yield page.map(messageRecord);
      for await (const page of store.deletions()) {
        yield page.map(({ conversation, origin, at }) => (
          { record: "deletion", conversation, id: origin, time: iso(at) }
        ));
      }
    },
    importer() {
      const known = new Map<string, z.output<typeof ConversationRecord>>();
      return new Gatherer(Record, async (records) => {
        const restored = records.filter((record) => record.record === "conversation");
        await store.restore(restored.map(({ id, public: isPublic, source, name, members }) => (
          { publicId: id, isPublic, source, name, members }
        )));
        for (const { id, source } of restored) {
          if (source !== "unclaimed" && await conversations.sourceOf(id) !== source) {
            throw new RunnelError("forbidden", `conversation ${id} is there already, and not of ${source}`);
          }
        }
        const written = records.filter((record) => record.record === "message");
        await Promise.all(
          stretches(written).map((stretch) => {
            const { id, source, name } = known.get(stretch[0]!.conversation)!;
            const conversation = { publicId: id, source: source as Source, name };
            return messages.store({ conversation, messages: stretch.map(messageOf) });
          }),
        );
        const deleted = records.filter((record) => record.record === "deletion");
        await store.bury(
          deleted.map(({ conversation, id, time }) => ({ conversation, origin: id, at: time })),
        );
      }, (record) => {
        if (record.record === "conversation") known.set(record.id, record);
        else if (!known.has(record.conversation)) {
          throw invalidPart("conversation", `no record of conversation ${record.conversation} came before`);
        }
      });
    },
  };
}

type Written = z.output<typeof MessageRecord>;

/** Messages of one conversation that follow each other: the order of all of them stays. */
function stretches(messages: readonly Written[]): Written[][] {
  const all: Written[][] = [];
  for (const message of messages) {
    const last = all.at(-1);
    if (last?.at(0)?.conversation === message.conversation) last.push(message);
    else all.push([message]);
  }
  return all;
}

function messageRecord({ conversation, origin, time, revisedAt, author, text, ...row }: MessageRow): object {
  const { thread, replyTo, bot, link } = JSON.parse(row.details ?? "{}");
  return {
    record: "message",
    conversation,
    id: origin,
    time: iso(time),
    revised: iso(revisedAt),
    author,
    text,
    ...{ thread, replyTo, bot, link },
    ...(row.reactions !== null && { reactions: Object.keys(JSON.parse(row.reactions)) }),
  };
}

function messageOf({ id, time, revised, author, text, reactions, ...rest }: Written): IncomingMessage {
  const { thread, replyTo, bot, link } = rest;
  return {
    origin: id,
    time,
    revisedAt: revised,
    author,
    text,
    details: { thread, replyTo, bot, link },
    reactions,
  };
}
