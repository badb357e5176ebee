/** The items of a list as JSON. */
import type { ListedItem } from "../../domain/channels/reader.ts";
import { iso } from "../../domain/time.ts";

/**
 * Items with commas between them; `channel` is their channel's address. By hand, because that takes a ninth of the time of
 * objects: no id, time or address can need escaping.
 */
export function listedItems(items: readonly ListedItem[], channel: string): string {
  const quoted = createQuoting();
  return items.map(({ id, time, type, length, itemKey }) => {
    const key = itemKey === null ? "" : `,"key":${JSON.stringify(itemKey)}`;
    return `{"id":"${id}","href":"${channel}/${id}","timestamp":"${iso(time)}","contentType":${
      quoted(type)
    },` +
      `"length":${length}${key}}`;
  }).join(",");
}

/** Makes a text a JSON string. Items that follow each other mostly share their type: the last result is kept. */
function createQuoting(): (text: string) => string {
  let last = "", quoted = '""';
  return (text) => {
    if (text !== last) quoted = JSON.stringify(last = text);
    return quoted;
  };
}
