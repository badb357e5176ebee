/** Choosing the statements of a recap: what covers the most of what was said, weighed by what it is. */
import { choosePassages } from "../analysis/coverage.ts";
import type { Dialogue } from "./answers.ts";
import { isParticular } from "./kinds.ts";
import { seriesPassages } from "./series.ts";
import { type Statement, statementsOf } from "./statements.ts";
import { type ChosenPoint, joinTurns, type Turn } from "./turns.ts";

/** Fewer words are a step on the way or small talk, unless they say that something is decided, done or promised. */
export const fewestWords = { usual: 5, particular: 3 };

/** How the length of a statement counts: longer ones are understood alone. */
export const lengths = { lengthPower: 0.65, fewWords: 6, manyWords: 30, short: 0.8, longPower: 0.3 };

/** The statements without those of few words; all of them where there is room for everything. */
function withoutFragments(all: readonly Statement[], words: number): readonly Statement[] {
  const { usual, particular } = fewestWords;
  const full = all.filter(({ passage: { length }, kind }) =>
    length >= usual || length >= particular && isParticular(kind())
  );
  return full.reduce((sum, { passage: { length } }) => sum + length, 0) > words ? full : all;
}

/** The best statements within a number of words, best first. */
export function choosePoints(dialogue: Dialogue, words: number): ChosenPoint[] {
  const { messages } = dialogue;
  const series = seriesPassages(messages);
  const said = withoutFragments(statementsOf(dialogue, words), words);
  const passages = [...said.map(({ passage }) => passage), ...series.map(({ passage }) => passage)];
  const chosen = choosePassages(passages, messages.length, { words }, lengths);
  // An answer may be chosen alone, and then again with its question.
  const each = chosen.filter((one, place) =>
    !chosen.some((other, index) =>
      other.text.includes(one.text) && (other.text.length > one.text.length || index < place)
    )
  );
  const statements = new Map(said.map((statement) => [statement.passage, statement]));
  const cited = new Map(series.map(({ passage, messages }) => [passage, messages]));
  const turns = each.map((passage): Turn => {
    const { text, message: first, sentence, user } = passage;
    const statement = statements.get(passage);
    return statement === undefined
      ? { kind: "event", text, who: user, messages: cited.get(passage)!, first, sentence, last: undefined }
      : {
        kind: statement.shownKind(),
        text,
        who: statement.who(),
        messages: statement.messages(),
        first,
        sentence,
        last: statement.last,
      };
  });
  return joinTurns(turns, dialogue);
}
