/** What one person says in a row is one point of a recap: apart, each half repeats what the other one rests on. */
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

/** Joins statements that the same person makes in one message or in two that follow each other; keeps the order of the better one. */
export function joinTurns(turns: readonly Turn[], dialogue: Dialogue): ChosenPoint[] {
  const joined: { turn: Turn; place: number }[] = [];
  const written = turns.map((turn, place) => ({ turn, place })).sort((one, other) =>
    one.turn.first - other.turn.first || one.turn.sentence - other.turn.sentence
  );
  for (const { turn, place } of written) {
    const before = joined.at(-1);
    if (before !== undefined && goesOn(before.turn, turn, dialogue)) {
      joined[joined.length - 1] = { turn: join(before.turn, turn), place: Math.min(before.place, place) };
    } else joined.push({ turn, place });
  }
  return joined.sort((one, other) => one.place - other.place).map(({ turn }) => turn);
}

/** Whether one statement goes on with another and none is lost: two actions, or a cause and a decision, stay apart. */
function goesOn(before: Turn, after: Turn, { messages }: Dialogue): boolean {
  if (before.last === undefined || after.last === undefined) return false;
  if (before.kind === "action" && after.kind === "action") return false;
  if (isParticular(before.kind) && isParticular(after.kind) && before.kind !== after.kind) return false;
  const distance = after.first - before.last;
  return (distance === 0 || distance === 1) && messages[before.last]!.user === messages[after.first]!.user;
}

function join(before: Turn, after: Turn): Turn {
  const { kind, who } = byPrecedence.indexOf(after.kind) > byPrecedence.indexOf(before.kind) ? after : before;
  const stop = /[\p{L}\p{N}]$/u.test(before.text) ? "." : "";
  const own = [before.first, after.first, after.last!, before.last!];
  const messages = [...new Set([...own, ...before.messages, ...after.messages])].slice(0, mostCited);
  return { ...before, kind, who, text: `${before.text}${stop} ${after.text}`, messages, last: after.last };
}
