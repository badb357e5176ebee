/** How `runnel doctor` looks at the contents of items. */
import type { Walk } from "../operation/walk.ts";
import { idOf, isSound, selectedChecksum } from "./contents.ts";

export const ITEMS: Walk = {
  area: "channels",
  about: "items",
  list: `SELECT rowid, length(body) FROM item WHERE rowid > ?1 ORDER BY rowid LIMIT ?2`,
  read:
    `SELECT CAST(i.key AS TEXT), (SELECT name FROM channel WHERE id = i.channel), i.type, i.encoding, i.language,
      i.item_key, i.body, i.meta, ${selectedChecksum("i.channel", "i.key")}
    FROM json_each(?1) r CROSS JOIN item i ON i.rowid = r.value`,
  nameOf: ([key, channel]) =>
    `item ${idOf(BigInt(key as string))} of ${channel === null ? "a deleted channel" : `channel ${channel}`}`,
  isSound([, , type, encoding, language, itemKey, body, meta, stored]) {
    return isSound(
      {
        type: type as string,
        encoding: encoding as string | null,
        language: language as string | null,
        itemKey: itemKey as string | null,
        body: body as Uint8Array<ArrayBuffer>,
      },
      meta!,
      stored!,
    );
  },
};
