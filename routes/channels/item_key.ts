/** The header by which an item says what it is about. */
import { invalid } from "../../domain/errors.ts";
import { DOTS_REFUSED, isDots } from "../../domain/names.ts";

const MAX_KEY = 255;

/** The Item-Key of an item with these headers; null: it has none. One that no address could lead to: `invalid-request`. */
export function itemKeyOf(headers: Headers): string | null {
  const key = headers.get("item-key");
  if (key === null) return null;
  if (key === "" || key.length > MAX_KEY) throw invalid(`an Item-Key has 1 to ${MAX_KEY} characters`);
  if (isDots(key)) throw invalid(`Item-Key is ${key}: ${DOTS_REFUSED}`);
  return key;
}

/** Refuses a key for a whole message of items: each has its own. */
export function refuseCommonItemKey(headers: Headers): void {
  if (headers.has("item-key")) {
    throw invalid("an Item-Key belongs to one item: in bulk it is a header of its part in multipart/mixed");
  }
}
