/** Prints the document that /openapi.json serves. */
import { ROUTES } from "../routes/app.ts";
import { openapiDocument } from "../routes/openapi.ts";

console.log(JSON.stringify(openapiDocument(ROUTES, "The API reference.")));
