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

/** A value of each point, with nothing for the time before the process started: `length` values. */
export function course(
  { points }: History,
  length: number,
  of: (point: Point) => number,
): number[] {
  const values = points.slice(-length).map(of);
  return [...new Array<number>(length - values.length).fill(0), ...values];
}
