/** Programs that write in a conversation, recognised by how they write: their messages all open in the same way. */
import type { AnalyzedMessage } from "./message.ts";

const fewest = 5;
const mostlyAlike = 0.6;

/** The first piece of a text without digits, or undefined where it addresses somebody ("ann: ...", "@ann ..."). */
function opening(text: string): string | undefined {
  const first = text.trimStart().split(/\s/u, 1)[0]!.replace(/\p{N}+/gu, "");
  return first === "" || /^[@<]|[:,]$/u.test(first) ? undefined : first;
}

/** The users with at least five messages of which 60 % open with the same word, such as a build server's. */
export function automaticUsers(messages: readonly AnalyzedMessage[]): ReadonlySet<string> {
  const openings = new Map<string, { all: number; counts: Map<string, number> }>();
  for (const { user, text } of messages) {
    const of = openings.get(user) ?? { all: 0, counts: new Map<string, number>() };
    of.all++;
    const first = opening(text);
    if (first !== undefined) of.counts.set(first, (of.counts.get(first) ?? 0) + 1);
    openings.set(user, of);
  }
  const automatic = new Set<string>();
  for (const [user, { all, counts }] of openings) {
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
