/** The page that shows the API reference, and the script that starts it. */
import { html } from "hono/html";

/** The page as HTML. Its scripts are files of their own, so that the Content-Security-Policy needs no exception. */
export function referencePage(): string {
  return String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Runnel: API reference</title>
        <link rel="icon" href="/docs/favicon-32x32.png">
        <link rel="stylesheet" href="/docs/swagger-ui.css">
        <style>
        body { margin: 0; background: #fff; }
        </style>
      </head>
      <body>
        <div id="reference"></div>
        <script src="/docs/swagger-ui-bundle.js"></script>
        <script src="/docs/start.js"></script>
      </body>
    </html>
  `);
}

/** https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/ */
export const STARTER = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  tryItOutEnabled: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  validatorUrl: null,
});
`;
