/** The thread of `Analyst`. */
/// <reference lib="webworker" />
import { describeError } from "../errors.ts";
import { type AnalysisReply, type AnalysisTask, runTask } from "./analyst.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data: { id, task } }: MessageEvent<{ id: number; task: AnalysisTask }>) => {
  let reply: AnalysisReply;
  try {
    reply = { id, answer: runTask(task) };
  } catch (error) {
    reply = { id, failure: describeError(error) };
  }
  scope.postMessage(reply);
};
