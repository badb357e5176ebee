/** Measures which message answers which on IRC channels that people annotated. */
import { replyLinks } from "../../domain/conversations/recap/threads.ts";
import { asMessages, readHours } from "../train/links.ts";

/** A file of annotated channels, below the directory of all data, and the figures to reach. */
export interface ThreadSet {
  readonly name: string;
  readonly file: string;
  readonly toReach: Readonly<Record<string, number>>;
}

/** `irc` is what its README gives for the rule "addressee, else one's own last message". */
export const threadSets: readonly ThreadSet[] = [
  {
    name: "threads (#ubuntu)",
    file: "threads/dev.jsonl",
    toReach: { "links F1": 66, "1-1": 72, "exact F1": 28 },
  },
  {
    name: "threads (other channels)",
    file: "text/irc.jsonl",
    toReach: { "links F1": 51.4, "1-1": 67.1, "exact F1": 21.3 },
  },
];

/** The lines that the scorer reads: what each annotated message answers. */
export function linkPredictions(path: string): string[] {
  return [...readHours(path).values()].flatMap((lines) => {
    const links = replyLinks(asMessages(lines));
    return lines.flatMap(({ id, replyTo }, index) => {
      if (replyTo === undefined) return [];
      const answered = lines[links[index]!];
      return [JSON.stringify({ id, replyTo: answered === undefined ? [] : [answered.id] })];
    });
  });
}
