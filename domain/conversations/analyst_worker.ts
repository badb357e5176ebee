/** The thread of `Analyst`. */
/// <reference lib="webworker" />
import { describeError } from "../errors.ts";
import { type AnalysisReply, type AnalysisTask, DamagedMessage, runTask } from "./analyst.ts";

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data: { id, task } }: MessageEvent<{ id: number; task: AnalysisTask }>) =>
  scope.postMessage(replyTo(id, task));

function replyTo(id: number, task: AnalysisTask): AnalysisReply {
  try {
    return { id, answer: runTask(task) };
  } catch (error) {
    return error instanceof DamagedMessage
      ? { id, damaged: error.origin }
      : { id, failure: describeError(error) };
  }
}
