/** The first page that a browser shows: what this is, what it holds, and the first steps. */
import { html } from "hono/html";

/** What the process holds at the moment. */
export interface Holdings {
  readonly channels: number;
  readonly items: number;
  readonly subscribers: number;
  readonly profiles: number;
  readonly series: number;
  readonly sessions: number;
  /** Chat channels with messages. */
  readonly conversations: number;
}

const SHOWN = ["Channels", "Items", "Subscribers", "Profiles", "Series", "Sessions", "Conversations"];

/** The page as HTML. `base` is the address that its examples use. */
export function homePage(base: string, holds: Holdings): string {
  const number = new Intl.NumberFormat("en");
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Runnel</title>
        <link rel="icon"
          href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path
    d='M1 5q3.5-4 7 0t7 0M1 11q3.5-4 7 0t7 0' fill='none' stroke='%230b6e8f' stroke-width='2'/></svg>">
        <style>
        :root { color-scheme: light dark; --ink: #1c2b33; --soft: #5b6f79; --line: #d5dee2; --paper: #fbfcfc; --accent: #0b6e8f; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e4ecef; --soft: #9fb2bb; --line: #34454d; --paper: #12191d; --accent: #5cc3e4; }
        }
        body { margin: 0 auto; max-width: 46rem; padding: 3rem 1.5rem; font: 16px/1.6 system-ui, sans-serif;
          color: var(--ink); background: var(--paper); }
        h1 { margin: 0; font-size: 2rem; } h2 { margin-top: 2.5rem; font-size: 1.1rem; }
        p { color: var(--soft); } a { color: var(--accent); }
        dl { display: flex; gap: 1rem; margin: 2rem 0; flex-wrap: wrap; }
        dl div { flex: 1 8rem; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
        dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
        pre { padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; font-size: .875rem; }
        </style>
      </head>
      <body>
        <h1>Runnel</h1>
        <p>Data channels, profiles and events, user sessions, time series and team conversations, durable, from one process.</p>
        <dl>
          ${SHOWN.map((name) =>
            html`
              <div>
                <dt>${name}</dt>
                <dd>${number.format(holds[name.toLowerCase() as keyof Holdings])}</dd>
              </div>
            `
          )}
        </dl>
        <h2>First steps</h2>
        <pre>${firstSteps(base)}</pre>
        <h2>Addresses</h2>
        <p><a href="/docs">/docs</a> describes every address and tries it out, <a href="/channel">/channel</a> lists the channels, <a href="/health">/health</a> says whether the database answers.
        Programs that ask for <code>/</code> get this page's figures as JSON.</p>
      </body>
    </html>
  `);
}

function firstSteps(base: string): string {
  return [
    `curl -i ${base}/channel -H 'Content-Type: application/json' -d '{"name": "stumptown"}'`,
    `curl -i ${base}/channel/stumptown -H 'Content-Type: text/plain' -d 'hello'`,
    `curl -iL ${base}/channel/stumptown/latest`,
  ].join("\n");
}
