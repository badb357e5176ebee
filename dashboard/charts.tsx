/** Small charts of what a process does: drawn by the server, without a script. */
import type { z } from "zod";
import type { Figures } from "../api/operation.ts";
import { count, Spark } from "./view.tsx";

/** What a process did, a point for each stretch of time. */
export type History = z.output<typeof Figures>;
export type Point = History["points"][number];

interface TrendProps {
  readonly name: string;
  /** What the newest value is called to people. */
  readonly value: string;
  readonly values: readonly number[];
  /** What the columns are, for those who cannot see them. */
  readonly label: string;
}

/** A figure with its course. */
export function Trend({ name, value, values, label }: TrendProps) {
  return (
    <div class="trend">
      <div class="between">
        <span class="soft">{name}</span>
        <strong>{value}</strong>
      </div>
      <Spark values={values} label={`${label}; at most ${count(Math.max(0, ...values))}`} />
    </div>
  );
}

/** How far back courses go: no further than a process can have done something, so that a young one has a picture, too. */
export function stretch(longest: "1h" | "24h") {
  const up = performance.now();
  if (up < 600_000) return { asked: "last=10m&every=10s", slots: 60, name: "the last 10 minutes" };
  if (up < 3_600_000 || longest === "1h") {
    return { asked: "last=1h&every=1m", slots: 60, name: "the last hour" };
  }
  return { asked: "last=24h&every=10m", slots: 144, name: "the last 24 hours" };
}

/** What happened in a second of a point, of something that happened so often in all of it. */
export const perSecond = (happened: number, { millis }: Point): number => happened * 1000 / millis;

/** A value of each point, with nothing for the time before the process started: `length` values. */
export function course(
  { points }: History,
  length: number,
  of: (point: Point) => number,
): number[] {
  const values = points.slice(-length).map(of);
  return [...new Array<number>(length - values.length).fill(0), ...values];
}
