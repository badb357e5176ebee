import { BOUNDS, type Histogram } from "../../db/operation/histogram.ts";

/** A histogram of seconds in Prometheus' text format. Labels come as that format writes them: `method="GET"`. */
export function exposition(
  name: string,
  help: string,
  all: Iterable<{ readonly labels: string; readonly times: Histogram }>,
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const { labels, times } of all) {
    const only = labels === "" ? "" : `{${labels}}`;
    let count = 0;
    // Buckets hold all that is at most their bound.
    times.counts.forEach((some, i) => {
      const bound = `le="${i < BOUNDS.length ? BOUNDS[i]! / 1000 : "+Inf"}"`;
      lines.push(`${name}_bucket{${labels === "" ? bound : `${bound},${labels}`}} ${count += some}`);
    });
    lines.push(`${name}_sum${only} ${times.millis / 1000}`, `${name}_count${only} ${count}`);
  }
  return `${lines.join("\n")}\n`;
}
