/** The tasks on which the text analysis is measured: data set, figures to reach, and how a prediction is made. */
import {
  addFrequencies,
  analyzeMessage,
  analyzeMessages,
  hotTopics,
  keyphrases,
  type PhraseFrequencies,
  phraseFrequencies,
  rankSentences,
  representativeMessages,
  summarize,
} from "../../domain/conversations/analysis/mod.ts";
import type { Message } from "../../domain/conversations/analysis/mod.ts";

/** One record of a data set. */
export interface DataRecord {
  readonly id: string;
  readonly text: string;
  readonly messages: readonly Message[];
  readonly sentences: readonly { readonly id: string; readonly user: string; readonly text: string }[];
}

/** What is written for one record, as the scorer reads it. */
export type Prediction = { readonly prediction: string } | { readonly predictions: readonly string[] };

/** A data set, how the scorer is called, and what to reach. */
export interface Task {
  readonly name: string;
  readonly file: string;
  /** A second file with records of the past. */
  readonly background?: string;
  readonly metric: "rouge" | "keyphrases";
  readonly scorerArgs: readonly string[];
  readonly toReach: Readonly<Record<string, number>>;
  readonly predict: (records: readonly DataRecord[], background: readonly DataRecord[]) => Prediction[];
}

const document = (text: string) => [analyzeMessage({ user: "", text })];

/** The summary of each record, at most so many words long. */
const summaries = (words: number) => (records: readonly DataRecord[]): Prediction[] =>
  records.map(({ messages }) => ({ prediction: summarize(analyzeMessages(messages), { words }).text }));

/** Three representative messages of each record, as the service would show them. */
function threeMessages(records: readonly DataRecord[]): Prediction[] {
  return records.map(({ messages }) => {
    const chosen = representativeMessages(analyzeMessages(messages), { limit: 3 });
    return {
      prediction: chosen.map((index) => `${messages[index]!.user}: ${messages[index]!.text}`).join(" "),
    };
  });
}

/** Keyphrases of each record, with all records of the set as the background. */
function phrasesAmongOthers(records: readonly DataRecord[]): Prediction[] {
  const documents = records.map(({ text }) => document(text));
  const background = addFrequencies(documents.map((one): PhraseFrequencies => phraseFrequencies(one)));
  return documents.map((one) => ({ predictions: keyphrases(one, { limit: 12, background }) }));
}

/** The day's hot topics, against the posts of earlier days. */
function hotTopicsOfDays(records: readonly DataRecord[], past: readonly DataRecord[]): Prediction[] {
  const usual = phraseFrequencies(past.flatMap(({ text }) => document(text)));
  return records.map(({ messages }) => ({ predictions: hotTopics(analyzeMessages(messages), usual) }));
}

/** Ten topics of each conversation in one string. */
function topics(records: readonly DataRecord[]): Prediction[] {
  return records.map(({ messages }) => ({ prediction: keyphrases(analyzeMessages(messages)).join(" ") }));
}

/** Sentences come one by one with ids such as "2.5": the fifth of the second mail. Back to mails, one sentence a line. */
function rankedIds({ sentences }: DataRecord): string[] {
  const mails = Object.values(Object.groupBy(sentences, ({ id }) => id.split(".")[0]!)).map((mail) => mail!);
  const analyzed = analyzeMessages(
    mails.map((mail) => ({ user: mail[0]!.user, text: mail.map(({ text }) => text).join("\n") })),
  );
  const flat = (text: string) => text.replace(/\s+/gu, " ");
  const ids = rankSentences(analyzed, { limit: 30 }).map(({ message, sentence }) => {
    const { text } = analyzed[message]!.sentences[sentence]!;
    return mails[message]!.find((one) => flat(one.text).includes(text))?.id;
  });
  return [...new Set(ids.filter((id) => id !== undefined))].slice(0, 12);
}

/** All tasks, in the order in which they are reported. */
export const tasks: readonly Task[] = [
  {
    name: "representative messages (dialogsum)",
    file: "dialogsum.dev.jsonl",
    metric: "rouge",
    scorerArgs: [],
    toReach: { "ROUGE-1": 33.0, "ROUGE-2": 11.6, "ROUGE-L": 25.3 },
    predict: threeMessages,
  },
  {
    name: "summary (qmsum)",
    file: "qmsum.dev.jsonl",
    metric: "rouge",
    scorerArgs: ["--words", "100"],
    toReach: { "ROUGE-1": 26.0, "ROUGE-2": 4.4, "ROUGE-L": 14.7 },
    predict: summaries(100),
  },
  {
    name: "summary (w3c-email)",
    file: "w3c-email.dev.jsonl",
    metric: "rouge",
    scorerArgs: ["--words", "75"],
    toReach: { "ROUGE-1": 28.0, "ROUGE-2": 6.8, "ROUGE-L": 17.6 },
    predict: summaries(75),
  },
  {
    name: "representative sentences (bc3)",
    file: "bc3.dev.jsonl",
    metric: "keyphrases",
    scorerArgs: [],
    toReach: { "F1@5": 33.0, "F1@10": 44.0 },
    predict: (records) => records.map((record) => ({ predictions: rankedIds(record) })),
  },
  {
    name: "hot topics (hot-topics)",
    file: "hot-topics.dev.jsonl",
    background: "hot-topics.dev.background.jsonl",
    metric: "keyphrases",
    scorerArgs: [],
    toReach: { "F1@5": 47.0, "R@10": 92.0 },
    predict: hotTopicsOfDays,
  },
  {
    name: "keyphrases (stackexchange)",
    file: "stackexchange.dev.jsonl",
    metric: "keyphrases",
    scorerArgs: [],
    toReach: { "F1@5": 27.0, "F1@10": 19.4 },
    predict: phrasesAmongOthers,
  },
  {
    name: "keyphrases (wikinews-fr)",
    file: "wikinews-fr.dev.jsonl",
    metric: "keyphrases",
    scorerArgs: ["--language", "french"],
    toReach: { "F1@5": 35.5, "F1@10": 41.0 },
    predict: phrasesAmongOthers,
  },
  {
    name: "topics of a conversation (qmsum)",
    file: "qmsum.dev.jsonl",
    metric: "rouge",
    scorerArgs: ["--field", "topicTitles"],
    toReach: { "ROUGE-1": 14.0 },
    predict: topics,
  },
];
