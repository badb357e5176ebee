/** The page that says what each error means: where the `type` of every problem document leads. */
import { html } from "hono/html";

/** One error, as the page shows it. */
export interface ExplainedError {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** What whoever got it can do. */
  readonly advice: string;
}

/** The page as HTML: each error has its code as an anchor. */
export function errorsPage(errors: readonly ExplainedError[]): string {
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Runnel: errors</title>
        <link rel="icon" href="/docs/favicon-32x32.png">
        <style>
        :root { color-scheme: light dark; }
        body { margin: 0 auto; max-width: 56rem; padding: 2rem 1.5rem; font: 16px/1.6 system-ui, sans-serif; }
        table { border-collapse: collapse; }
        th, td { padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; }
        tr:target { background: #fc38; }
        </style>
      </head>
      <body>
        <h1>Errors</h1>
        <p>A refused request changes nothing. Its answer is a problem document (RFC 9457) whose <code>type</code> leads here; <code>detail</code> and <code>errors</code> say what was wrong that time.</p>
        <table>
          <thead>
            <tr>
              <th>Code</th>
              <th>Status</th>
              <th>Title</th>
              <th>What to do</th>
            </tr>
          </thead>
          <tbody>
            ${errors.map(errorRow)}
          </tbody>
        </table>
        <p><a href="/docs">The API reference</a></p>
      </body>
    </html>
  `);
}

function errorRow({ code, status, title, advice }: ExplainedError) {
  return html`
    <tr id="${code}">
      <td><code>${code}</code></td>
      <td>${status}</td>
      <td>${title}</td>
      <td>${advice}</td>
    </tr>
  `;
}
