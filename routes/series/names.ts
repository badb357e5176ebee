/** References and symbols in paths. */
import { z } from "zod";
import { invalidPart, RunnelError } from "../../domain/errors.ts";
import { DOTS_REFUSED, isDots } from "../../domain/names.ts";
import type { SeriesName } from "../../domain/series/storage/save.ts";
import { check, pathParts } from "../request.ts";

const Name = z.string().refine(
  (name) => name !== "" && [...name].length <= 200,
  "a name has 1 to 200 characters",
).refine((name) => !isDots(name), DOTS_REFUSED);

/** The reference that a path names. Not a name: RunnelError. */
export function referenceName(request: Request): string {
  return names(request)[0]!;
}

/** The series that a path names. Not a name: RunnelError. */
export function seriesName(request: Request): SeriesName {
  const [reference, symbol] = names(request);
  return { reference: reference!, symbol: symbol! };
}

/** The path's names, decoded exactly once: the router would decode some of them twice. */
function names({ url }: Request): string[] {
  return pathParts(url).slice(2).map((part, i) => {
    try {
      return check(decodeURIComponent(part), Name);
    } catch (error) {
      const why = error instanceof RunnelError ? error.message : "it is not percent-encoded UTF-8";
      const path = ["reference", "symbol"][i]!;
      throw invalidPart(path, why);
    }
  });
}
