/**
 * How long requests take, as a histogram in Prometheus' text format. prom-client's own looks its labels up, checks and
 * hashes them at each observation, which costs more than the routing of a request.
 */
const NAME = "http_server_request_duration_seconds";
const HELP = "Requests by method, route template and status, with the time until the answer began";
/** Upper bounds, in milliseconds. */
const BOUNDS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 2_500, 10_000];
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

interface Series {
  readonly labels: string;
  readonly method: string;
  readonly status: number;
  /** Requests by bucket; the last is beyond all bounds. */
  readonly counts: number[];
  millis: number;
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
    const series = this.#seriesOf(method, route ?? "none", status);
    series.millis += millis;
    let bucket = 0;
    while (bucket < BOUNDS.length && millis > BOUNDS[bucket]!) bucket++;
    series.counts[bucket]!++;
  }

  /** Requests by method, route and status; the route of those that no route took is `none`. */
  *counts(): Generator<RequestCount> {
    for (const [route, ofRoute] of this.#series) {
      for (const { method, status, counts } of ofRoute) {
        yield { method, route, status, count: counts.reduce((sum, some) => sum + some, 0) };
      }
    }
  }

  /** The exposition: buckets hold all that is at most their bound. */
  text(): string {
    const lines = [`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} histogram`];
    for (const { labels, counts, millis } of [...this.#series.values()].flat()) {
      let count = 0;
      counts.forEach((some, i) => {
        const bound = i < BOUNDS.length ? BOUNDS[i]! / 1000 : "+Inf";
        lines.push(`${NAME}_bucket{le="${bound}",${labels}} ${count += some}`);
      });
      lines.push(`${NAME}_sum{${labels}} ${millis / 1000}`, `${NAME}_count{${labels}} ${count}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #seriesOf(given: string, route: string, status: number): Series {
    const method = METHODS.has(given) ? given : "other";
    let ofRoute = this.#series.get(route);
    if (ofRoute === undefined) this.#series.set(route, ofRoute = []);
    const known = ofRoute.find((series) => series.status === status && series.method === method);
    if (known !== undefined) return known;
    const labels = `method="${method}",route=${JSON.stringify(route)},status="${status}"`;
    const series = { labels, method, status, counts: new Array(BOUNDS.length + 1).fill(0), millis: 0 };
    ofRoute.push(series);
    return series;
  }
}
