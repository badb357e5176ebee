/** How `runnel doctor` looks at messages. */
import type { Walk } from "../operation/walk.ts";
import { damagedMessage, isSound } from "./sums.ts";

export const MESSAGES: Walk = {
  area: "conversations",
  about: "messages",
  list: `SELECT id, length(text) FROM message WHERE id > ?1 ORDER BY id LIMIT ?2`,
  read: `SELECT origin, author, text, details, checksum FROM message
    WHERE id IN (SELECT value FROM json_each(?1))`,
  nameOf: ([origin]) => damagedMessage(origin as string).what,
  isSound,
};
