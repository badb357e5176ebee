/** Text analysis of conversations: pure, deterministic, without a model or the network. See docs/text-analysis.md. */
export { type Language } from "../../text/language.ts";
export { type MessageKind } from "./markup.ts";
export {
  type AnalyzedMessage,
  type AnalyzedSentence,
  analyzeMessage,
  analyzeMessages,
  type Message,
  usualLanguage,
} from "./message.ts";
export { addFrequencies, type PhraseFrequencies, phraseFrequencies } from "./frequencies.ts";
export {
  dayFrequencies,
  hotTopics,
  type HotTopicsOptions,
  type KeyphraseOptions,
  keyphrases,
} from "./keyphrases.ts";
export {
  rankSentences,
  representativeMessages,
  type SentencePosition,
  summarize,
  type Summary,
  type SummaryTurn,
} from "./summary.ts";
