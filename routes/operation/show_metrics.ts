/** The figures of this process, for those who may see them. */
import { text } from "../respond.ts";
import type { Call, RouteReference } from "../route.ts";

export const METRICS: RouteReference = {
  summary: "Figures for Prometheus",
  description: "Requests and refusals since the start, and the state of storage, jobs and subscribers.",
  answers: { 200: { description: "Prometheus' text format.", type: "text/plain" } },
};

export async function showMetrics({ services }: Call): Promise<Response> {
  return text(await services.metrics.text(services));
}
