/** What one person says in a row is one point of a recap: apart, each half repeats what the other one rests on. */
import { countWords } from "../../text/words.ts";
import type { Dialogue } from "./answers.ts";
import { isParticular, type PointKind } from "./kinds.ts";

/** A chosen statement; messages by their index. */
export interface ChosenPoint {
  readonly kind: PointKind;
  readonly text: string;
  /** Who says it; of an action, who will do it. */
  readonly who: string;
  /** The message that says it, then those that it rests on; at most five. */
  readonly messages: readonly number[];
}

/** A chosen statement, and where it stands. */
export interface Turn extends ChosenPoint {
  /** The message that it begins with, and the sentence there. */
  readonly first: number;
  readonly sentence: number;
  /** The message that it ends with; undefined for what a program writes. */
  readonly last: number | undefined;
}

const mostCited = 5;
/** Of two joined statements the kind is the later one of these. */
const byPrecedence: readonly PointKind[] = [
  "event",
  "question",
  "answer",
  "cause",
  "resolution",
  "action",
  "decision",
];

/** Two statements may be joined if they are at most so many messages apart. */
const span = 8;

/**
 * Joins what one person says in a row or of one thread, and statements with what answers them; keeps the order of the better
 * one. A joined answer begins with the name of its writer, as long as there are spare words for names.
 */
export function joinTurns(turns: readonly Turn[], dialogue: Dialogue, spare: number): ChosenPoint[] {
  const joined: { turn: Turn; place: number }[] = [];
  const written = turns.map((turn, place) => ({ turn, place })).sort((one, other) =>
    one.turn.first - other.turn.first || one.turn.sentence - other.turn.sentence
  );
  let left = spare;
  for (const { turn, place } of written) {
    const index = joined.findLastIndex((before) => goesOn(before.turn, turn, dialogue));
    const before = joined[index];
    const name = before === undefined ? "" : nameBetween(before.turn, turn, dialogue);
    const cost = name === "" ? 0 : countWords(name);
    if (before !== undefined && cost <= left) {
      left -= cost;
      joined[index] = { turn: join(before.turn, turn, name), place: Math.min(before.place, place) };
    } else joined.push({ turn, place });
  }
  return joined.sort((one, other) => one.place - other.place).map(({ turn }) => turn);
}

/** Whether one statement goes on with another and none is lost: two actions, or a cause and a decision, stay apart. */
function goesOn(before: Turn, after: Turn, { messages, links, roots }: Dialogue): boolean {
  if (before.last === undefined || after.last === undefined) return false;
  if (before.kind === "action" && after.kind === "action") return false;
  if (isParticular(before.kind) && isParticular(after.kind) && before.kind !== after.kind) return false;
  const distance = after.first - before.last;
  if (distance < 0 || distance > span) return false;
  if (messages[before.last]!.user === messages[after.first]!.user) {
    return distance <= 1 || isOneMatter(before, after) && roots[before.last] === roots[after.first];
  }
  const answered = links[after.first];
  return isOneMatter(before, after) && (answered === before.last || answered === before.first);
}

/** Whether a statement further on may be joined: no question, and no event but to another event. */
function isOneMatter(before: Turn, after: Turn): boolean {
  if (before.kind === after.kind) return true;
  const kinds = [before.kind, after.kind];
  return before.kind !== "question" && !kinds.includes("event");
}

/** Who goes on, where that is somebody else. */
function nameBetween(before: Turn, after: Turn, { messages }: Dialogue): string {
  const { user } = messages[after.first]!;
  return messages[before.last!]!.user === user ? "" : `${user}:`;
}

function join(before: Turn, after: Turn, name: string): Turn {
  const { kind, who } = byPrecedence.indexOf(after.kind) > byPrecedence.indexOf(before.kind) ? after : before;
  const stop = /[\p{L}\p{N}]$/u.test(before.text) ? "." : "";
  const own = [before.first, after.first, after.last!, before.last!];
  const messages = [...new Set([...own, ...before.messages, ...after.messages])].slice(0, mostCited);
  const text = [before.text + stop, name, after.text].filter((part) => part !== "").join(" ");
  return { ...before, kind, who, text, messages, last: after.last };
}
