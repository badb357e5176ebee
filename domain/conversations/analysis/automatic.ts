/** Programs that write in a conversation, recognised by how they write: their messages open with the same label. */
import type { AnalyzedMessage } from "./message.ts";

const fewest = 5;
const mostlyAlike = 0.6;

/**
 * The label that a text opens with, digits aside: "[INFO]", "03(new)", "Build failed:". Undefined where it opens with plain
 * words, or addresses somebody ("ann: ...", "@ann ...").
 */
function label(text: string): string | undefined {
  const [first = "", second = ""] = text.trimStart().slice(0, 100).replace(/\p{N}+/gu, "").split(/\s+/u, 2);
  if (first === "" || /^[@<]|[:,]$/u.test(first)) return undefined;
  if (!/^[\p{L}'’.!?-]+$/u.test(first)) return first;
  return second.endsWith(":") ? `${first} ${second}` : undefined;
}

/** The users with at least five messages of which 60 % open with the same label, such as a build server's. */
export function automaticUsers(messages: readonly AnalyzedMessage[]): ReadonlySet<string> {
  const labels = new Map<string, { all: number; counts: Map<string, number> }>();
  for (const { user, text } of messages) {
    const of = labels.get(user) ?? { all: 0, counts: new Map<string, number>() };
    of.all++;
    const first = label(text);
    if (first !== undefined) of.counts.set(first, (of.counts.get(first) ?? 0) + 1);
    labels.set(user, of);
  }
  const automatic = new Set<string>();
  for (const [user, { all, counts }] of labels) {
    if (all >= fewest && Math.max(0, ...counts.values()) >= all * mostlyAlike) automatic.add(user);
  }
  return automatic;
}

/** The conversation with the messages of programs emptied, so that none of them is chosen and indexes stay. */
export function withoutAutomatic(messages: readonly AnalyzedMessage[]): readonly AnalyzedMessage[] {
  const automatic = automaticUsers(messages);
  if (automatic.size === 0) return messages;
  return messages.map((message) =>
    automatic.has(message.user) ? { ...message, kind: "automatic", sentences: [] } : message
  );
}
