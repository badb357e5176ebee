/** Programs that write in a conversation: their messages open with the same few labels, or answer commands. */
import { isCommand } from "./markup.ts";
import type { AnalyzedMessage } from "./message.ts";

const fewest = 5;
const fewestAnswers = 2;
const mostlyAlike = 0.6;
/** How many labels a program has, and how often it uses each. */
const mostLabels = 4, leastUses = 3;

/** How most of what people write begins; there is no label in it. */
const twoPlainWords = /^\s*[\p{L}'’.!?-]{1,40}\s+[\p{L}'’.!?-]{1,40}(?:\s|$)/u;

/**
 * The label that a text opens with, digits aside: "[INFO]", "03(new)", "Build failed:". Undefined where it opens with plain
 * words, or addresses somebody ("ann: ...", "ann : ...", "@ann ...").
 */
function label(text: string): string | undefined {
  if (twoPlainWords.test(text)) return undefined;
  const [first = "", second = ""] = text.trimStart().slice(0, 100).replace(/#?\p{N}+/gu, "").split(/\s+/u, 2);
  if (first === "" || /^[@<]|[:,]$/u.test(first)) return undefined;
  if (!/^[\p{L}'’.!?-]+$/u.test(first)) return first;
  return second.length > 1 && second.endsWith(":") ? `${first} ${second}` : undefined;
}

/** The users with two messages or more of which 60 % come right after a command of somebody else. */
function commandedUsers(messages: readonly AnalyzedMessage[]): string[] {
  const answers = new Map<string, { all: number; commanded: number }>();
  for (const [index, { user }] of messages.entries()) {
    const of = answers.get(user) ?? { all: 0, commanded: 0 };
    of.all++;
    const before = messages[index - 1];
    if (before !== undefined && before.user !== user && isCommand(before.text)) of.commanded++;
    answers.set(user, of);
  }
  return Array.from(answers).flatMap(([user, { all, commanded }]) =>
    commanded >= fewestAnswers && commanded >= all * mostlyAlike ? [user] : []
  );
}

/**
 * The users that are programs by how they write: at least five messages of which 60 % open with the same few labels, such as
 * a build server's, or answers to commands.
 */
export function automaticUsers(messages: readonly AnalyzedMessage[]): ReadonlySet<string> {
  const labels = new Map<string, { all: number; counts: Map<string, number> }>();
  for (const { user, text } of messages) {
    const of = labels.get(user) ?? { all: 0, counts: new Map<string, number>() };
    of.all++;
    const first = label(text);
    if (first !== undefined) of.counts.set(first, (of.counts.get(first) ?? 0) + 1);
    labels.set(user, of);
  }
  const automatic = new Set(commandedUsers(messages));
  for (const [user, { all, counts }] of labels) {
    const uses = [...counts.values()].filter((count) => count >= leastUses).toSorted((a, b) => b - a);
    const labelled = uses.slice(0, mostLabels).reduce((sum, count) => sum + count, 0);
    if (all >= fewest && labelled >= all * mostlyAlike) automatic.add(user);
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
