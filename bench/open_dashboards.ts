/**
 * Open dashboards, as browsers hold them: some read the overview again every five seconds, some the page of sessions every
 * two, the others follow the live end of a channel. Prints a port when all are open, and stays until it is ended.
 */
import { TextLineStream } from "../tests/support/lines.ts";

const [url, count] = [Deno.args[0]!, Number(Deno.args[1])];
/** Of ten dashboards, so many are of each kind. */
const KINDS = [
  [4, () => readAgain("/", 5_000)],
  [2, () => readAgain("/dashboard/sessions", 2_000)],
  [4, () => follow("/dashboard/channels/bench")],
] as const;

async function load(path: string, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(url + path, { headers: { Accept: "text/html", ...headers } });
  await answer.body?.cancel();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
}

/** As live.js does: not all at the same moment, because people open pages at different times. */
async function readAgain(path: string, millis: number): Promise<void> {
  await load(path);
  setTimeout(
    () => setInterval(() => load(path, { "HX-Request": "true" }), millis),
    Math.random() * millis,
  );
}

async function follow(path: string): Promise<void> {
  await load(path);
  const answer = await fetch(`${url}${path}/live?after=0000000000000000`);
  const lines = answer.body!.pipeThrough(new TextLineStream()).getReader();
  await lines.read();
  (async () => {
    while (!(await lines.read()).done);
  })();
}

const openers = KINDS.flatMap(([share, open]) =>
  new Array<() => Promise<void>>(share * count / 10).fill(open)
);
await Promise.all(openers.map((open) => open()));
Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
  () => new Response(),
);
