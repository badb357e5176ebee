// Starts Swagger UI: dark when the system is, with keys and tokens kept in this browser, and with names for what has none.
const dark = matchMedia("(prefers-color-scheme: dark)");
const dye = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", dye);
dye();

// https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
SwaggerUIBundle({
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#reference",
  deepLinking: true,
  tryItOutEnabled: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});

// A link within a button is no place of its own for a keyboard; the button does what it does.
const NESTED = ".opblock-summary-control a[href]";
const NAMELESS = "select:not([aria-label]), textarea:not([aria-label]), input:not([aria-label]):not([id])";
function mend() {
  for (const link of document.querySelectorAll(NESTED)) link.removeAttribute("href");
  for (const field of document.querySelectorAll(NAMELESS)) {
    const parameter = field.closest("[data-param-name]")?.dataset.paramName;
    const name = field.id === "servers"
      ? "Server"
      : parameter ?? (field.matches(".body-param__text") ? "Request body" : "Media type");
    field.setAttribute("aria-label", name);
  }
}
new MutationObserver(mend).observe(document.getElementById("reference"), { childList: true, subtree: true });
