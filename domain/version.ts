/** Which Runnel this is. */
import manifest from "../deno.json" with { type: "json" };

/** The version, as Semantic Versioning has it. */
export const VERSION: string = manifest.version;
