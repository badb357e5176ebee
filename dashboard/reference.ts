/** The page that shows the API reference. */
import { html } from "hono/html";

/** The page as HTML. Its scripts are files of their own, so that the Content-Security-Policy needs no exception. */
export function referencePage(root: string): string {
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Runnel: API reference</title>
        <link rel="icon" href="${root}/dashboard/assets/icon.svg">
        <link rel="stylesheet" href="${root}/docs/swagger-ui.css">
        <link rel="stylesheet" href="${root}/dashboard/assets/docs.css">
      </head>
      <body>
        <nav aria-label="Runnel">
          <a href="${root}/">Overview</a> <a href="${root}/docs/errors">Errors</a>
        </nav>
        <main id="reference"></main>
        <script src="${root}/docs/swagger-ui-bundle.js"></script>
        <script src="${root}/docs/start.js"></script>
      </body>
    </html>
  `);
}
