/** The progress bar of a long command, on a terminal only. */
import process from "node:process";
import { Presets, SingleBar } from "cli-progress";

const MIB = 1 << 20;

/** What a command tells of its progress. */
export interface Progress {
  /** Bytes read so far. */
  read(bytes: number): void;
  /** Events among them. */
  accepted(events: number): void;
  /** Events stored so far. */
  stored(events: number): void;
  stop(): void;
}

/** Shows the bytes whose events are stored, of `total` (undefined: not known), events a second and the time left. */
export function createProgress(total: number | undefined): Progress {
  const started = performance.now();
  let read = 0, accepted = 0, stored = 0;
  const bar = new SingleBar({
    stream: process.stderr,
    hideCursor: true,
    fps: 5,
    format: total === undefined
      ? "{read} | {rate} events/s"
      : `{bar} {read} of ${mebibytes(total)} | {rate} events/s | {left} left`,
  }, Presets.shades_classic);
  const show = () => {
    const seconds = (performance.now() - started) / 1000;
    const done = accepted === 0 ? 0 : read * stored / accepted;
    bar.update(total === undefined ? 0 : done, {
      read: mebibytes(done),
      rate: Math.round(stored / Math.max(seconds, 0.001)).toLocaleString("en"),
      left: total === undefined || done === 0 ? "?" : duration(seconds * (total - done) / done),
    });
  };
  bar.start(total ?? 1, 0, { read: mebibytes(0), rate: "0", left: "?" });
  return {
    read(bytes) {
      read = bytes;
      show();
    },
    accepted(count) {
      accepted = count;
    },
    stored(count) {
      stored = count;
      show();
    },
    stop() {
      show();
      bar.stop();
    },
  };
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
