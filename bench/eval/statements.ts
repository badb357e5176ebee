/** Measures kinds of statements, and which ones recaps choose, on IRC channels whose sentences are labelled one by one. */
import { analyzeMessages } from "../../domain/conversations/analysis/mod.ts";
import { withoutAutomatic } from "../../domain/conversations/analysis/automatic.ts";
import { type Dialogue, dialogueOf } from "../../domain/conversations/recap/answers.ts";
import type { PointKind } from "../../domain/conversations/recap/kinds.ts";
import { choosePoints } from "../../domain/conversations/recap/points.ts";
import { type Statement, statementsOf } from "../../domain/conversations/recap/statements.ts";
import { replyLinks } from "../../domain/conversations/recap/threads.ts";
import { type AnnotatedLine, asMessages, readHours } from "../train/links.ts";
import stored from "./statements.json" with { type: "json" };

/** Figures in percent: statements of the right kind, and chosen points that a recap should say. */
export interface StatementFigures {
  readonly kind: number;
  readonly worth: number;
}

/** What the rules reach on channels that they were not written for; a change should not lose it. */
export const statementsToReach: Readonly<Record<keyof StatementFigures, number>> = { kind: 59, worth: 51 };

const kinds: Readonly<Record<string, PointKind>> = {
  e: "event",
  d: "decision",
  x: "action",
  q: "question",
  a: "answer",
  c: "cause",
  r: "resolution",
};
const budgets = [80, 110, 160, 200];

/** A labelled statement of a stretch. */
interface Labelled {
  readonly statement: Statement;
  readonly kind: PointKind;
  readonly isWorth: boolean;
}

function dialogueOfLines(lines: readonly AnnotatedLine[]): Dialogue {
  const messages = asMessages(lines);
  const analyzed = withoutAutomatic(analyzeMessages(messages));
  return dialogueOf(analyzed, replyLinks(messages), messages.map(({ time }) => time));
}

function labelledIn(dialogue: Dialogue, labels: string): Labelled[] {
  const byPlace = new Map(labels.split(" ").map((label) => [label.slice(0, -1), label.at(-1)!]));
  return statementsOf(dialogue, 0).flatMap((statement) => {
    const { message, sentence } = statement;
    const label = byPlace.get(sentence === 0 ? `${message}` : `${message}.${sentence}`);
    if (label === undefined) return [];
    return [{ statement, kind: kinds[label.toLowerCase()]!, isWorth: label !== label.toLowerCase() }];
  });
}

/** How many points recaps of the stretch have, and how many of them say what they should. */
function chosenIn(dialogue: Dialogue, labelled: readonly Labelled[]): { points: number; worth: number } {
  const points = budgets.flatMap((words) => choosePoints(dialogue, words));
  const isWorth = (text: string, cited: readonly number[]) =>
    labelled.some((one) =>
      one.isWorth && cited.includes(one.statement.message) && text.includes(one.statement.text)
    );
  return {
    points: points.length,
    worth: points.filter(({ text, messages }) => isWorth(text, messages)).length,
  };
}

/** Measures all stretches, reading the channels below the directory of all data. */
export function measureStatements(data: string): StatementFigures {
  const channels = new Map([
    ...readHours(`${data}/text/irc.jsonl`),
    ...readHours(`${data}/threads/train.jsonl`),
  ]);
  const sum = { statements: 0, right: 0, points: 0, worth: 0 };
  for (const { channel, from, to, labels } of stored.stretches) {
    const lines = channels.get(channel)!.filter(({ system }) => system !== true).slice(from, to);
    const dialogue = dialogueOfLines(lines);
    const labelled = labelledIn(dialogue, labels);
    const { points, worth } = chosenIn(dialogue, labelled);
    sum.statements += labelled.length;
    sum.right += labelled.filter(({ statement, kind }) => statement.shownKind === kind).length;
    sum.points += points;
    sum.worth += worth;
  }
  return { kind: 100 * sum.right / sum.statements, worth: 100 * sum.worth / sum.points };
}
