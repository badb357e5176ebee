/**
 * Runs the text analysis in a thread of its own, so that a busy day stops no request; where there are no threads, in
 * this one. Messages come as the text of a JSON array of [id, author, text, time, origin, details, number of reactions,
 * checksum], as the database makes it.
 */
import { LRUCache } from "lru-cache";
import type { MessageDetails } from "../../db/conversations/messages.ts";
import { messageChecksum } from "../../db/conversations/sums.ts";
import { OverloadError } from "../../db/queue.ts";
import { clientLeft } from "../errors.ts";
import { mayStartThreads, startThread, type Thread } from "../operation/threads.ts";
import {
  type AnalyzedMessage,
  analyzeMessage,
  dayFrequencies,
  hotTopics,
  type PhraseFrequencies,
  representativeMessages,
  summarize,
  type SummaryTurn,
  usualLanguage,
} from "./analysis/mod.ts";
import { type ChannelMessage, type Recap, recapOf } from "./recap/mod.ts";

/** A task, and the messages that it is about. */
export type AnalysisTask =
  | { readonly kind: "summary"; readonly messages: string; readonly words: number }
  | { readonly kind: "representatives"; readonly messages: string; readonly limit: number }
  | { readonly kind: "recap"; readonly messages: string; readonly words: number }
  | { readonly kind: "phrases"; readonly messages: string }
  | {
    readonly kind: "topics";
    readonly messages: string;
    readonly limit: number;
    /** Messages of the past, and of these how many have each phrase. */
    readonly usual: { readonly messages: number; readonly counts: readonly (readonly [string, number])[] };
  };

/** A turn of a summary, with the id of its message in the database. */
export interface CitedTurn extends SummaryTurn {
  readonly id: number;
}

/** What each kind of task answers. */
export interface AnalysisAnswer {
  readonly summary: { readonly text: string; readonly turns: readonly CitedTurn[] };
  /** Ids of messages, in the order written. */
  readonly representatives: readonly number[];
  readonly recap: ChannelRecap;
  /** Phrases of at least two messages, with how many they are in. */
  readonly phrases: readonly (readonly [string, number])[];
  readonly topics: readonly string[];
}

/** A recap, with what is known of the messages that it cites. */
export interface ChannelRecap {
  /** Authors, in the order of their first message. */
  readonly people: readonly string[];
  readonly messages: number;
  readonly recap: Recap;
  /** By id at the source. */
  readonly cited: ReadonlyMap<string, CitedMessage>;
}

/** A message that a recap stands on. */
export interface CitedMessage {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly username: string;
  /** Where it is shown at its source, when that is known. */
  readonly link: string | undefined;
}

type StoredMessage = [
  id: number,
  author: string,
  text: string,
  time: number,
  origin: string,
  details: MessageDetails | null,
  reactions: number,
  /** Null: it has none, or its text is cut. */
  checksum: number | null,
];

/** A message is not as it was stored. */
export class DamagedMessage extends Error {
  override readonly name = "DamagedMessage";

  constructor(readonly origin: string) {
    super(`message ${origin} is damaged`);
  }
}

/** Analyses are kept for about so many characters of messages. */
const KEPT_CHARACTERS = 2 << 20;
/** What a message costs beside its text. */
const MESSAGE_OVERHEAD = 50;
const analyses = new LRUCache<string, AnalyzedMessage>({
  maxSize: KEPT_CHARACTERS,
  sizeCalculation: ({ text }) => text.length + MESSAGE_OVERHEAD,
});

/** The messages of a task, analysed; the phrases are counted when they are asked for. */
interface Analyzed {
  readonly text: string;
  readonly stored: readonly StoredMessage[];
  readonly messages: readonly AnalyzedMessage[];
  phrases?: PhraseFrequencies;
}

/** What was asked about last: people ask several things about the same day. */
let latest: Analyzed | undefined;

/** An analysis depends on nothing but the message and the language to fall back on. */
function analyze(text: string): Analyzed {
  if (latest?.text === text) return latest;
  const stored: StoredMessage[] = JSON.parse(text);
  for (const message of stored) checkStored(message);
  const language = usualLanguage(stored.map(([, user, text]) => ({ user, text })));
  const messages = stored.map(([id, user, text, , , details]): AnalyzedMessage => {
    const key = `${id} ${language}`;
    let analyzed = analyses.get(key);
    if (analyzed?.text !== text || analyzed.user !== user) {
      analyzed = analyzeMessage({ user, text }, language);
      analyses.set(key, analyzed);
    }
    return details?.bot === true ? { ...analyzed, kind: "automatic", sentences: [] } : analyzed;
  });
  return latest = { text, stored, messages };
}

function checkStored([, author, text, , origin, details, , checksum]: StoredMessage): void {
  if (checksum === null) return;
  const sum = messageChecksum(origin, author, text, details === null ? null : JSON.stringify(details));
  if (sum !== checksum) throw new DamagedMessage(origin);
}

function toChannelMessage([, user, text, time, id, details, reactions]: StoredMessage): ChannelMessage {
  const { thread, replyTo, bot } = details ?? {};
  return {
    id,
    user,
    text,
    time,
    reactions,
    ...(thread !== undefined && { thread }),
    ...(replyTo !== undefined && { replyTo }),
    ...(bot !== undefined && { bot }),
  };
}

function recap({ stored, messages }: Analyzed, words: number): ChannelRecap {
  const recap = recapOf(stored.map(toChannelMessage), { words, analyzed: messages });
  const byId = new Map(
    stored.map(([, username, , time, id, details]) => [id, { time, username, link: details?.link }]),
  );
  const points = [...recap.topics.flatMap(({ points }) => points), ...recap.open_questions, ...recap.actions];
  const ids = new Set(points.flatMap(({ messages }) => messages));
  return {
    people: [...new Set(stored.map(([, author]) => author))],
    messages: stored.length,
    recap,
    cited: new Map(Array.from(ids, (id) => [id, byId.get(id)!])),
  };
}

/** Does a task in this thread. */
export function runTask(task: AnalysisTask): AnalysisAnswer[AnalysisTask["kind"]] {
  const analyzed = analyze(task.messages);
  const { stored, messages } = analyzed;
  switch (task.kind) {
    case "recap":
      return recap(analyzed, task.words);
    case "summary": {
      const { text, turns } = summarize(messages, { words: task.words });
      return { text, turns: turns.map((turn) => ({ ...turn, id: stored[turn.message]![0] })) };
    }
    case "representatives":
      return representativeMessages(messages, { limit: task.limit }).map((index) => stored[index]![0]);
    case "phrases":
      return [...(analyzed.phrases ??= dayFrequencies(messages)).counts];
    case "topics": {
      const usual = { messages: task.usual.messages, counts: new Map(task.usual.counts) };
      const day = analyzed.phrases ??= dayFrequencies(messages);
      return hotTopics(messages, usual, { limit: task.limit, day });
    }
  }
}

/** What the thread answers: `failure` is its error's message, `damaged` a message's id at its source. */
export type AnalysisReply =
  | { readonly id: number; readonly answer: AnalysisAnswer[AnalysisTask["kind"]] }
  | { readonly id: number; readonly failure: string }
  | { readonly id: number; readonly damaged: string };

/** Tasks that may wait for the thread, and those that it is given: one more than it works on, so that it never rests. */
const MAX_WAITING = 100, AT_ONCE = 2;

/** Whether somebody still waits for an answer. */
export type IsWanted = () => boolean;

interface Waiting {
  readonly task: AnalysisTask;
  readonly isWanted: IsWanted;
  readonly answer: PromiseWithResolvers<AnalysisAnswer[AnalysisTask["kind"]]>;
}

/** The thread that analyses. */
export class Analyst {
  readonly #hasThread = mayStartThreads();
  #thread: Thread | undefined;
  /** Tasks that the thread has not been given yet. */
  #waiting: Waiting[] = [];
  readonly #underWay = new Map<number, Waiting>();
  #lastId = 0;

  /** `damaged` answers the error for those who asked for what stands on a damaged message, by its id at its source. */
  constructor(readonly damaged: (origin: string) => Error) {}

  /** Answers the task. Too many wait already: `OverloadError`. Not begun before nobody wanted it any more: `clientLeft`. */
  async run<K extends AnalysisTask["kind"]>(
    task: AnalysisTask & { kind: K },
    isWanted: IsWanted = () => true,
  ): Promise<AnalysisAnswer[K]> {
    if (!this.#hasThread) return this.#runHere(task) as AnalysisAnswer[K];
    if (this.#waiting.length + this.#underWay.size >= MAX_WAITING) {
      throw new OverloadError(`${MAX_WAITING} analyses wait already`);
    }
    const answer = Promise.withResolvers<AnalysisAnswer[AnalysisTask["kind"]]>();
    this.#waiting.push({ task, isWanted, answer });
    this.#send();
    return await answer.promise as AnalysisAnswer[K];
  }

  /** Starts the thread, if it does not run; a task would, too, but waits for it. */
  start(): void {
    if (this.#hasThread) this.#thread ??= this.#begin();
  }

  /** Ends the thread. */
  close(): void {
    this.#thread?.end();
    this.#fail("the analysis was closed");
  }

  #runHere(task: AnalysisTask): AnalysisAnswer[AnalysisTask["kind"]] {
    try {
      return runTask(task);
    } catch (error) {
      throw error instanceof DamagedMessage ? this.damaged(error.origin) : error;
    }
  }

  /** Sends waiting tasks until the thread has `AT_ONCE`; tasks that nobody waits for are dropped. */
  #send(): void {
    while (this.#underWay.size < AT_ONCE && this.#waiting.length > 0) {
      const next = this.#waiting.shift()!;
      if (!next.isWanted()) {
        next.answer.reject(clientLeft());
        continue;
      }
      const id = ++this.#lastId;
      this.#underWay.set(id, next);
      this.start();
      this.#thread!.port.postMessage({ id, task: next.task });
    }
  }

  #begin(): Thread {
    const module = new URL("./analyst_worker.ts", import.meta.url);
    const thread = startThread(
      module,
      "runnel-analysis",
      (message) => this.#fail(`the analysis failed: ${message}`),
    );
    thread.port.onmessage = ({ data }: MessageEvent<AnalysisReply>) => {
      const answer = this.#underWay.get(data.id)?.answer;
      this.#underWay.delete(data.id);
      if ("failure" in data) answer?.reject(new Error(data.failure));
      else if ("damaged" in data) answer?.reject(this.damaged(data.damaged));
      else answer?.resolve(data.answer);
      this.#send();
    };
    return thread;
  }

  /** The next task starts a new thread. */
  #fail(message: string): void {
    this.#thread = undefined;
    for (const { answer } of [...this.#underWay.values(), ...this.#waiting]) {
      answer.reject(new Error(message));
    }
    this.#underWay.clear();
    this.#waiting = [];
  }
}
