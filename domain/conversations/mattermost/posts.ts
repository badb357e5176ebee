/** A post of Mattermost, from its API or an export, and what of it is stored. */
import { z } from "zod";
import type { IncomingMessage } from "../../../db/conversations/messages.ts";
import { ForeignId, ForeignName, ForeignText, unnamed, wellFormed } from "../foreign.ts";
import { MAX_TEXT } from "../inbox.ts";

const time = z.number().int().min(0).max(8.64e15);
const Loose = z.array(z.unknown()).nullish().catch(undefined);
const Yes = z.union([z.boolean(), z.string().transform((text) => text === "true")]).catch(false);

/** What programs put beside a post's text. https://developers.mattermost.com/integrate/reference/message-attachments/ */
export const PostProps = z.object({
  attachments: Loose,
  from_webhook: Yes,
  from_bot: Yes,
  override_username: ForeignName.optional().catch(undefined),
}).partial();

/** https://developers.mattermost.com/api-documentation/#/operations/GetPostsForChannel */
export const Post = z.object({
  id: ForeignId,
  user_id: ForeignId,
  message: ForeignText,
  type: z.string().default(""),
  root_id: z.union([z.literal(""), ForeignId]).default("").catch(""),
  create_at: time,
  update_at: time,
  delete_at: time.default(0),
  props: PostProps.nullish().catch(undefined),
  metadata: z.object({ reactions: Loose, files: Loose }).partial().nullish().catch(undefined),
});
export type Post = z.output<typeof Post>;

const Attachment = z.object({
  pretext: ForeignText,
  title: ForeignText,
  text: ForeignText,
  fallback: ForeignText,
  fields: Loose,
}).partial();
const Field = z.object({ title: ForeignText, value: z.union([ForeignText, z.number().transform(String)]) })
  .partial();
const Reaction = z.object({ user_id: ForeignId, emoji_name: ForeignName });
const File = z.object({ name: ForeignName.pipe(z.string().min(1)) });

/** Whether somebody says something with a post of that type; the others are notices such as "ann joined". */
export function isSpoken(type: string): boolean {
  return type === "" || type === "me" || type === "slack_attachment" || type.startsWith("custom_");
}

/** A post's own words, what its attachments show, and its files' names. Empty: it says nothing. */
export function textOf(message: string, attachments: unknown, fileNames: readonly string[]): string {
  const shown = wellFormed(attachments, Attachment).map(({ pretext, title, text, fallback, fields }) => {
    const pairs = wellFormed(fields, Field).map(({ title, value }) =>
      [title, value].filter(Boolean).join(": ")
    );
    return lines([pretext, title, text, ...pairs]) || (fallback ?? "");
  });
  return lines([message, ...shown, ...fileNames.map((name) => `[file: ${name}]`)]).slice(0, MAX_TEXT);
}

const lines = (parts: readonly (string | undefined)[]) => parts.filter((part) => part?.trim()).join("\n");

/** What of a post is stored; undefined: it is a notice, or says nothing. `server`: address of its team. */
export function messageOf(
  post: Post,
  username: string | undefined,
  server: string | undefined,
): IncomingMessage | undefined {
  const { id, user_id, message, type, root_id, create_at, update_at, props, metadata } = post;
  const text = textOf(message, props?.attachments, wellFormed(metadata?.files, File).map(({ name }) => name));
  if (!isSpoken(type) || text === "") return undefined;
  const isBot = props?.from_webhook === true || props?.from_bot === true;
  return {
    origin: id,
    time: create_at,
    revisedAt: update_at,
    author: (isBot && props?.override_username) || username || unnamed(user_id),
    text,
    details: { thread: root_id || undefined, bot: isBot || undefined, link: linkTo(server, id) },
    reactions: wellFormed(metadata?.reactions, Reaction).map(({ emoji_name, user_id }) =>
      `${emoji_name} ${user_id}`
    ),
  };
}

/** Where Mattermost shows a post. */
export function linkTo(server: string | undefined, id: string): string | undefined {
  return server && `${server}/pl/${encodeURIComponent(id)}`;
}
