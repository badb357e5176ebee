/** What a Slack message says, as text: its own words, what its blocks and attachments show, and its files' names. */
import { z } from "zod";
import { ForeignText } from "../foreign.ts";
import { MAX_TEXT } from "../inbox.ts";

/** Deeper nesting than Slack allows is not read. */
const MAX_DEPTH = 8;

const Nested = z.array(z.unknown()).catch([]);
const Text = ForeignText.optional().catch(undefined);
/** Any block, element or attachment, with what of it can be read. https://docs.slack.dev/reference/block-kit/blocks */
const Part = z.object({
  type: z.string().catch(""),
  text: z.union([ForeignText, z.object({ text: ForeignText }).transform(({ text }) => text)]).optional()
    .catch(undefined),
  elements: Nested,
  fields: Nested,
  rows: Nested,
  blocks: Nested,
  user_id: Text,
  channel_id: Text,
  range: Text,
  name: Text,
  url: Text,
  fallback: Text,
  alt_text: Text,
  title: z.union([ForeignText, z.object({ text: ForeignText }).transform(({ text }) => text)]).optional()
    .catch(undefined),
  value: Text,
  pretext: Text,
  from_url: Text,
  is_share: z.boolean().catch(false),
});
type Part = z.output<typeof Part>;

/** The parts of a message that say something. */
export interface SlackContent {
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly attachments: readonly unknown[];
  readonly files: readonly { readonly name?: string | undefined; readonly title?: string | undefined }[];
}

/** Everything that a message shows, in Slack's markup (`<@U77>`); see `readableText`. Empty: it says nothing. */
export function markupOf({ text, blocks, attachments, files }: SlackContent): string {
  // Of what people write, the text is all; beside other blocks it is only what notifications show.
  const shown = blocks.some((block) => read(block)?.type !== "rich_text") || text.trim() === ""
    ? lines(blocks.map((block) => blockText(block, 0)))
    : "";
  const names = files.map(({ title, name }) => `[file: ${name || title || "without a name"}]`);
  return lines([shown || text, ...attachments.map(attachment), ...names]).slice(0, MAX_TEXT);
}

const lines = (parts: readonly string[]) => parts.filter((part) => part.trim() !== "").join("\n");

function read(part: unknown): Part | undefined {
  return Part.safeParse(part).data;
}

/** A block, or an element of one that stands alone. */
function blockText(value: unknown, depth: number): string {
  const part = read(value);
  if (part === undefined || depth > MAX_DEPTH) return "";
  const inner = (parts: readonly unknown[]) => parts.map((one) => blockText(one, depth + 1));
  switch (part.type) {
    case "rich_text":
      return lines(inner(part.elements));
    case "rich_text_section":
      return part.elements.map(inline).join("");
    case "rich_text_preformatted":
      return `\`\`\`\n${part.elements.map(inline).join("")}\n\`\`\``;
    case "rich_text_quote":
      return part.elements.map(inline).join("").replace(/^/gm, "> ");
    case "rich_text_list":
      return lines(inner(part.elements).map((entry) => `- ${entry}`));
    case "table":
      return lines(
        part.rows.map((row) =>
          Array.isArray(row) ? inner(row).filter((cell) => cell !== "").join(" | ") : ""
        ),
      );
    case "image":
    case "video":
      return part.title ?? part.alt_text ?? "";
    case "context":
      return inner(part.elements).filter((entry) => entry !== "").join(" ");
    // What can be clicked on says nothing.
    case "actions":
    case "input":
    case "button":
      return "";
    default:
      return lines([part.text ?? "", ...part.fields.map((field) => read(field)?.text ?? "")]);
  }
}

/** A piece of a line of rich text, in the markup that plain text has. */
function inline(value: unknown): string {
  const part = read(value);
  if (part === undefined) return "";
  const { user_id, channel_id, range, url, text = "" } = part;
  switch (part.type) {
    case "user":
      return `<@${user_id ?? ""}>`;
    case "channel":
      return `<#${channel_id ?? ""}>`;
    case "usergroup":
      return "<!subteam^>";
    case "broadcast":
      return `<!${range ?? "here"}>`;
    case "emoji":
      return `:${part.name ?? ""}:`;
    case "link":
      return text === "" ? `<${url ?? ""}>` : `<${url ?? ""}|${escaped(text)}>`;
    case "date":
      return part.fallback ?? "";
    default:
      return escaped(text);
  }
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** What an attachment shows. The preview of a link repeats what stands elsewhere. */
function attachment(value: unknown): string {
  const part = read(value);
  if (part === undefined || part.from_url !== undefined && !part.is_share) return "";
  const fields = part.fields.map((field) => {
    const { title, value } = read(field) ?? {};
    return [title, value].filter((text) => text !== undefined && text !== "").join(": ");
  });
  const shown = lines([part.pretext ?? "", part.title ?? "", part.text ?? "", ...fields]);
  return shown || lines(part.blocks.map((one) => blockText(one, 0))) || part.fallback || "";
}

/** Who and what the markup of messages names. */
export interface SlackNaming {
  /** The name of a person. */
  user(id: string): Promise<string>;
  /** The name of a channel that everybody may know of. */
  channel(id: string): string | undefined;
}

const reference = /<([@#!])([^<>|]*)(?:\|([^<>]*))?>/g;
const link = /<((?:https?|mailto|tel):[^<>|\s]+)(?:\|([^<>]*))?>/gi;
const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** The text as people see it: `@ann`, `#ops`, `@here`, links with their labels, no ids. */
export async function readableText(markup: string, naming: SlackNaming): Promise<string> {
  const users = new Map<string, string>();
  for (const [, sign, id] of markup.matchAll(reference)) {
    if (sign === "@" && !users.has(id!)) users.set(id!, await naming.user(id!));
  }
  return markup
    .replace(reference, (_, sign: string, id: string, label = "") => {
      if (sign === "@") return `@${users.get(id)}`;
      if (sign === "#") return `#${label || naming.channel(id) || "channel"}`;
      if (id.startsWith("subteam^")) return label ? `@${label.replace(/^@/, "")}` : "@group";
      return id.startsWith("date^") ? label : `@${id.split("^")[0]}`;
    })
    .replace(link, (_, url: string, label = "") => {
      const plain = url.replace(/^(?:mailto|tel):/i, "");
      return label === "" || url.includes(label) ? plain : `${label} (${plain})`;
    })
    .replace(/&(?:lt|gt|amp);/g, (entity) => entities[entity]!);
}
