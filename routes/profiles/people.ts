/** Persons: all that is known of one, and its removal from every area. */
import { AccountPath } from "../../api/profiles.ts";
import { isNdjson, NDJSON_TYPES } from "../../domain/ndjson.ts";
import { KINDS } from "../../domain/people.ts";
import { check } from "../request.ts";
import { json } from "../respond.ts";
import { encoded, streamed } from "../answers/stream.ts";
import { type Call, param } from "../route.ts";

type Pages = AsyncGenerator<readonly [kind: string, page: unknown[]]>;

export async function exportPerson(call: Call): Promise<Response> {
  const pages = call.services.people.export(personOf(call));
  return isNdjson(call.request.headers.get("accept"))
    ? await streamed(call, encoded(asLines(pages)), { type: NDJSON_TYPES[0] })
    : await streamed(call, encoded(asDocument(pages)), { type: "application/json" });
}

export async function removePerson(call: Call): Promise<Response> {
  return json(await call.services.people.remove(personOf(call)));
}

function personOf(call: Call) {
  return check({ app: param(call, "app"), account: param(call, "account") }, AccountPath);
}

/** `{"kind": "events", …}` a line. */
async function* asLines(pages: Pages): AsyncGenerator<string> {
  for await (const [kind, page] of pages) {
    if (page.length > 0) {
      yield page.map((value) => JSON.stringify({ kind, ...value as object }) + "\n").join("");
    }
  }
}

/** One object with a list of each kind, which is sent as it is read. */
async function* asDocument(pages: Pages): AsyncGenerator<string> {
  let current = 0, separator = "";
  let text = `{"${KINDS[0]}":[`;
  for await (const [kind, page] of pages) {
    for (; KINDS[current] !== kind; separator = "") text += `],"${KINDS[++current]}":[`;
    for (const value of page) {
      text += separator + JSON.stringify(value);
      separator = ",";
    }
    yield text;
    text = "";
  }
  while (++current < KINDS.length) text += `],"${KINDS[current]}":[`;
  yield text + "]}";
}
