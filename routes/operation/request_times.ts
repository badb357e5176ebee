/** How long requests take, as a histogram in Prometheus' text format. */
import { Histogram } from "../../db/operation/histogram.ts";
import { exposition } from "./exposition.ts";

const NAME = "http_server_request_duration_seconds";
const HELP = "Requests by method, route template and status, with the time until the answer began";
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

interface Series {
  readonly labels: string;
  readonly method: string;
  readonly status: number;
  readonly times: Histogram;
}

/** How many requests a route answered with a status. */
export interface RequestCount {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly count: number;
}

/** Counts of one process. Labels are methods, route templates and statuses: as many as the program has. */
export class RequestTimes {
  /** By route: few methods and statuses each, so that looking them up builds no key. */
  readonly #series = new Map<string, Series[]>();

  /** Counts an answer; `route` is the template that took the request, if one did. */
  observe(method: string, route: string | undefined, status: number, millis: number): void {
    this.#seriesOf(method, route ?? "none", status).times.observe(millis);
  }

  /** Requests by method, route and status; the route of those that no route took is `none`. */
  *counts(): Generator<RequestCount> {
    for (const [route, ofRoute] of this.#series) {
      for (const { method, status, times } of ofRoute) {
        yield { method, route, status, count: times.count };
      }
    }
  }

  /** The exposition: buckets hold all that is at most their bound. */
  text(): string {
    return exposition(NAME, HELP, [...this.#series.values()].flat());
  }

  #seriesOf(given: string, route: string, status: number): Series {
    const method = METHODS.has(given) ? given : "other";
    let ofRoute = this.#series.get(route);
    if (ofRoute === undefined) this.#series.set(route, ofRoute = []);
    const known = ofRoute.find((series) => series.status === status && series.method === method);
    if (known !== undefined) return known;
    const labels = `method="${method}",route=${JSON.stringify(route)},status="${status}"`;
    const series = { labels, method, status, times: new Histogram() };
    ofRoute.push(series);
    return series;
  }
}
