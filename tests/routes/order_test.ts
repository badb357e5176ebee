import { deepEqual } from "../support/assert.ts";
import { ROUTES } from "../../routes/app.ts";

/** True when the first path answers every address that the second names. */
function covers(first: string, second: string): boolean {
  const [parts, others] = [first.split("/"), second.split("/")];
  return parts.length === others.length &&
    parts.every((part, i) => part.startsWith(":") || part === others[i]);
}

Deno.test("no route hides a later one: words come before parameters", () => {
  const hidden = ROUTES.flatMap(({ method, path }, i) =>
    ROUTES.slice(i + 1)
      .filter((later) => later.method === method && covers(path, later.path))
      .map((later) => `${method} ${path} hides ${later.path}`)
  );
  deepEqual(hidden, []);
});
