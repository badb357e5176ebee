/** Items as a line of text. */
import { bytes, type View } from "../view.tsx";

const SHOWN_TEXT = 400;
/** Longer items are not read for the sake of a line. */
const MOST_BYTES = 64_000;

/** The beginning of an item's text; of what is no text, its type and size. */
export async function textOf(
  view: View,
  path: string,
  item: { readonly contentType: string; readonly length: number },
  init: RequestInit = {},
): Promise<string> {
  const isText = /^(text\/|application\/([\w.-]+\+)?json)/.test(item.contentType);
  if (!isText || item.length > MOST_BYTES) return `${item.contentType}, ${bytes(item.length)}`;
  return (await (await view.api(path, init)).text()).slice(0, SHOWN_TEXT);
}
