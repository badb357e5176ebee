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
export function errorsPage(errors: readonly ExplainedError[], root: string): string {
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Runnel: errors</title>
        <link rel="icon" href="${root}/dashboard/assets/icon.svg">
        <link rel="stylesheet" href="${root}/dashboard/assets/style.css">
      </head>
      <body>
        <main class="stack">
          <p class="row"><a href="${root}/">Overview</a> <a href="${root}/docs">API reference</a></p>
          <h1>Errors</h1>
          <p>A refused request changes nothing. Its answer is a problem document (RFC 9457) whose <code>type</code> leads here; <code>detail</code> and <code>errors</code> say what was wrong that time.</p>
          <div class="scroll" tabindex="0" role="region" aria-label="Errors">
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
          </div>
        </main>
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
      <td>${marked(advice)}</td>
    </tr>
  `;
}

/** What stands between backticks, as code. */
function marked(text: string) {
  return text.split("`").map((part, i) => i % 2 === 1 ? html`<code>${part}</code>` : part);
}
