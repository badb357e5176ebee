/** The features of the link score: every feature is a number of a bin that is on. */
import type { FeatureRun } from "./network.ts";

/** Feature groups and how many bins each has. */
const groups = {
  // Of a message and an earlier one.
  relation: 18,
  mentions: 4,
  distance: 10,
  gap: 8,
  back: 4,
  spokenSince: 4,
  calledSince: 3,
  exchangedSince: 4,
  othersCalled: 3,
  partners: 9,
  theirPartner: 3,
  shared: 6,
  rarest: 5,
  questions: 4,
  length: 4,
  run: 4,
  system: 2,
  speakersBetween: 5,
  theirOpening: 64,
  // Of the message alone.
  self: 1,
  ownLength: 4,
  ownAddress: 3,
  ownQuestion: 2,
  ownSystem: 2,
  ownBefore: 6,
  ownGap: 6,
  ownCalled: 3,
  opening: 256,
  // Of a message that may begin a conversation.
  silence: 8,
  sharedMost: 6,
} as const;

type Group = keyof typeof groups;

/** The first bin of each group. */
export const at = {} as Record<Group, number>;
let size = 0;
for (const [name, bins] of Object.entries(groups)) {
  at[name as Group] = size;
  size += bins;
}
/** How many features there are. */
export const featureCount = size;

const runs: readonly (readonly Group[])[] = [
  ["relation", "mentions"],
  ["distance", "gap"],
  ["shared", "rarest", "questions"],
  ["length", "system", "theirOpening"],
  ["back", "spokenSince", "calledSince", "exchangedSince"],
  ["othersCalled", "partners", "theirPartner"],
  ["run", "speakersBetween"],
];
/** The features of a pair in the order in which they are written, in runs of a few hundred combinations at most. */
export const pairRuns: readonly FeatureRun[] = runs.map((run) =>
  run.map((group) => ({ first: at[group], bins: groups[group] }))
);
/** How many features a message has with one that it may answer. */
export const pairFeatures = runs.flat().length;
