/** Measures recaps of days against the facts that a colleague would want to know. */
import { type ChannelMessage, recapOf } from "../../domain/conversations/recap/mod.ts";

interface Day {
  readonly id: string;
  readonly messages: readonly (Omit<ChannelMessage, "time"> & { readonly time: string })[];
}

/** Words that a recap may have. */
export const recapBudgets = [100, 200];

/** Figures to reach for each number of words. */
export const recapsToReach: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  100: { recall: 50, precision: 65 },
  200: { recall: 70, precision: 65, "no repeat": 95, kind: 80, who: 90 },
};

/** The lines that the scorer reads: the statements of each day's recap, the most important topic first. */
export function recapPredictions(directory: string, words: number): string[] {
  const files = [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) =>
    name.endsWith(".jsonl")
  );
  return files.sort().map((name) => {
    const { id, messages }: Day = JSON.parse(Deno.readTextFileSync(`${directory}/${name}`));
    const read = messages.map((message) => ({ ...message, time: Date.parse(message.time) }));
    const items = recapOf(read, { words }).topics.flatMap(({ points }) => points);
    return JSON.stringify({
      id,
      items: items.map(({ who, ...item }) => ({ ...item, who: who ? [who] : [] })),
    });
  });
}
