/** Choosing the statements of a recap: what covers the most of what was said, weighed by what it is. */
import { choosePassages, type PassageWeights } from "../analysis/coverage.ts";
import type { Dialogue } from "./answers.ts";
import { isParticular, type PointKind } from "./kinds.ts";
import { type Series, seriesOf } from "./series.ts";
import { Statement, statementsOf } from "./statements.ts";
import { type ChosenPoint, joinTurns, type Turn } from "./turns.ts";

/** Fewer words are a step on the way or small talk, unless they say that something is decided, done or promised. */
export const fewestWords = { usual: 5, particular: 3 };

/** How a statement's length and concepts count: longer ones are understood alone. */
export const weights: PassageWeights = {
  single: 0.1,
  weak: 0.4,
  burst: 0.8,
  lengthPower: 0.72,
  fewWords: 6,
  manyWords: 30,
  short: 0.8,
  longPower: 0.3,
  firstSentences: 0.2,
  newSpeaker: 0,
  exchange: 0,
};

const outcomes: ReadonlySet<PointKind> = new Set(["event", "answer", "resolution"]);

/** The statements without those of few words; all of them where there is room for everything. */
function withoutFragments(all: readonly Statement[], words: number): readonly Statement[] {
  const { usual, particular } = fewestWords;
  const full = all.filter((statement) =>
    statement.length >= usual || statement.length >= particular && isParticular(statement.kind)
  );
  return full.reduce((sum, { length }) => sum + length, 0) > words ? full : all;
}

/** The best statements within a number of words, best first. */
export function choosePoints(dialogue: Dialogue, words: number): ChosenPoint[] {
  const { messages } = dialogue;
  const passages = [...withoutFragments(statementsOf(dialogue, words), words), ...seriesOf(messages)];
  const chosen = choosePassages(passages, messages.length, { words }, weights);
  // An answer may be chosen alone, and then again with its question.
  const each = chosen.filter((one, place) =>
    !chosen.some((other, index) =>
      other.text.includes(one.text) && (other.text.length > one.text.length || index < place)
    )
  );
  const open = each.filter((one) => !each.some((other) => isReportOn(other, one)));
  const used = open.reduce((sum, { length }) => sum + length, 0);
  return joinTurns(open.map(turnOf), dialogue, words - used);
}

/** Whether somebody says later what came of what they promised. */
function isReportOn(later: Statement | Series, promise: Statement | Series): boolean {
  if (!(promise instanceof Statement && later instanceof Statement) || promise.kind !== "action") {
    return false;
  }
  if (later.user !== promise.user || later.message <= promise.message || !outcomes.has(later.kind)) {
    return false;
  }
  const shared = promise.stems.filter((stem) => later.stems.includes(stem)).length;
  return shared >= 2 && 2 * shared >= Math.min(promise.stems.length, later.stems.length);
}

function turnOf(said: Statement | Series): Turn {
  const { text, user, message: first, sentence, messages } = said;
  return said instanceof Statement
    ? { kind: said.shownKind, text, who: said.who, messages, first, sentence, last: said.last }
    : { kind: "event", text, who: user, messages, first, sentence, last: undefined };
}
