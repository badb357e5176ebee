/**
 * Speed and memory of the text analysis on a made-up day of a busy channel.
 *
 *   deno run --allow-read bench/text_analysis.ts [summary | representatives | recap | hot] [--messages 10000] [--language en]
 *
 * One measurement a process, so that nothing is cached and memory is its own.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  addFrequencies,
  analyzeMessages,
  hotTopics,
  phraseFrequencies,
  representativeMessages,
  summarize,
} from "../domain/conversations/analysis/mod.ts";
import { recapOf } from "../domain/conversations/recap/mod.ts";
import { generateDay, languages } from "./eval/generate.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    messages: { type: "string", default: "10000" },
    days: { type: "string", default: "30" },
    language: { type: "string", default: "en" },
  },
});

const write = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const milliseconds = (since: number) => `${(performance.now() - since).toFixed(0)} ms`;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;

/** Frequencies of past days, each counted by itself as the service stores them. */
function pastDays(count: number, size: number) {
  return Array.from(
    { length: count },
    (_, day) =>
      phraseFrequencies(analyzeMessages(generateDay(size, day + 1, options.language)), { atLeast: 2 }),
  );
}

function main(): void {
  const size = Number(options.messages);
  const task = positionals[0] ?? "summary";
  if (!languages.includes(options.language)) throw new Error(`--language is one of ${languages.join(", ")}`);
  const day = generateDay(size, 0, options.language);
  if (task === "hot") {
    const days = pastDays(Number(options.days), size);
    const analyzed = analyzeMessages(day);
    let start = performance.now();
    const usual = addFrequencies(days);
    const added = milliseconds(start);
    start = performance.now();
    const topics = hotTopics(analyzed, usual);
    write(
      `hot topics of ${size} analysed messages: ${milliseconds(start)}; adding ${days.length} days: ${added}`,
    );
    write(`${usual.messages} messages before, ${usual.counts.size} phrases; ${topics.join(", ")}`);
    return;
  }
  if (task === "recap") {
    const messages = day.map((message, index) => ({ ...message, id: `${index}`, time: index * 8_640 }));
    const start = performance.now();
    const before = process.cpuUsage();
    const { text } = recapOf(messages);
    const { user, system } = process.cpuUsage(before);
    const used = ((user + system) / 1000).toFixed(0);
    write(
      `recap of ${size} messages (${options.language}): ${milliseconds(start)}, ${used} ms of processor time`,
    );
    write(`whole process ${megabytes(Deno.memoryUsage().rss)}`);
    write(text);
    return;
  }
  const before = Deno.memoryUsage();
  const start = performance.now();
  const analyzed = analyzeMessages(day);
  const analysis = milliseconds(start);
  const result = task === "summary" ? summarize(analyzed).text : representativeMessages(analyzed).join(", ");
  const whole = milliseconds(start);
  const after = Deno.memoryUsage();
  write(`${task} of ${size} messages (${options.language}): ${whole}, of it analysis ${analysis}`);
  write(`heap +${megabytes(after.heapUsed - before.heapUsed)}, whole process ${megabytes(after.rss)}`);
  write(result);
}

main();
