/** What passages are about: their concepts (stems), and how much each counts. */
import { isWeak } from "../../text/weak_words.ts";
import type { Passage } from "./passages.ts";

/** How concepts are weighed beside the logarithm of the number of messages that have them. */
export interface ConceptWeights {
  /** What a concept counts that only one message has. */
  readonly single: number;
  /** What a common verb, adjective or vague noun counts (`weak_words.ts`). */
  readonly weak: number;
  /** What people speak of for a while counts more than what comes up all day: (messages / stretches)^burst. */
  readonly burst: number;
}

/** How many messages a stretch of a conversation has. */
const stretch = 30;

/** The concepts of all passages by number, and the weight of each number. */
export interface Concepts {
  /** For each passage the numbers of its concepts. */
  readonly of: readonly (readonly number[])[];
  readonly weights: Float64Array;
}

/** In how many messages and stretches a concept occurs, and where it did last. */
interface Occurrences {
  readonly isWeak: boolean;
  messages: number;
  stretches: number;
  lastMessage: number;
  lastStretch: number;
}

function count(concept: Occurrences, message: number): void {
  if (concept.lastMessage === message) return;
  concept.lastMessage = message;
  concept.messages++;
  const place = Math.floor(message / stretch);
  if (concept.lastStretch === place) return;
  concept.lastStretch = place;
  concept.stretches++;
}

/** Numbers the concepts of all passages and weighs each. */
export function weighConcepts(passages: readonly Passage[], weigh: ConceptWeights): Concepts {
  const ids = new Map<string, number>();
  const found: Occurrences[] = [];
  const of = passages.map(({ stems, message, language }) =>
    stems.map((stem) => {
      let id = ids.get(stem);
      if (id === undefined) {
        id = ids.size;
        ids.set(stem, id);
        const weak = weigh.weak !== 1 && isWeak(stem, language);
        found.push({ isWeak: weak, messages: 0, stretches: 0, lastMessage: -1, lastStretch: -1 });
      }
      count(found[id]!, message);
      return id;
    })
  );
  const weights = Float64Array.from(found, ({ isWeak, messages, stretches }) => {
    let weight = Math.log(1 + messages);
    if (messages === 1) weight *= weigh.single;
    if (isWeak) weight *= weigh.weak;
    return weigh.burst === 0 ? weight : weight * (messages / stretches) ** weigh.burst;
  });
  return { of, weights };
}
