/** What followers of channels are sent: addresses, or items with their contents; the same over every transport. */
import { encodeBase64 } from "hono/utils/encode";
import type { FollowQuery } from "../../../api/channels.ts";
import type { BodyRow } from "../../../db/channels/pages.ts";
import { essence, isJsonType, readFilter } from "../../../domain/channels/filter.ts";
import { follow, type News, positionAt, type Start } from "../../../domain/channels/follow.ts";
import { idOfKey, timeOfKey } from "../../../domain/channels/item_id.ts";
import { invalidPart } from "../../../domain/errors.ts";
import { iso, readTime } from "../../../domain/time.ts";
import type { Bundle, Following, Message } from "../../live/sending.ts";
import { baseOf, type Call, param } from "../../route.ts";

/** Reads how one channel is followed. Unknown: `channel-not-found`; an option that is none: `invalid-request`. */
export async function followOne(call: Call<typeof FollowQuery>): Promise<Following> {
  const { channels, hub, reader } = call.services;
  const channel = await channels.get(param(call, "name"));
  const filter = readFilter(call.query);
  const start = startOf(call, call.query.after);
  const write = writerOf(call, false);
  return {
    position: idOfKey(positionAt(start, channel)),
    async *bundles(signal) {
      const following = follow({ channels, hub, reader }, channel, start, filter, signal);
      try {
        while (true) {
          const { done, value } = await following.next();
          if (done) return value;
          yield bundleOf(value, write, (id) => id);
        }
      } finally {
        await following.return(undefined);
      }
    },
  };
}

/** Where following begins: after a position, at a time, or now. Both of the first two: `invalid-request`. */
export function startOf(call: Call<typeof FollowQuery>, after: string | undefined): Start {
  const { reader, clock } = call.services;
  const { since } = call.query;
  if (after !== undefined && since !== undefined) {
    throw invalidPart("since", "left out where after says where to begin");
  }
  if (after === "earliest") return "earliest";
  if (after !== undefined) return { after: reader.keyOf(after) };
  if (since === undefined) return "now";
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(since) ?? [];
  if (unit !== undefined) return { since: clock() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS] };
  const time = readTime(since);
  if (time !== undefined) return { since: time.millis };
  throw invalidPart("since", "an ISO 8601 time, or a length of time such as 30s, 5m, 1h or 7d");
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type Write = (channel: string, row: BodyRow) => string;

/** The text of an item: its address, or its headers and content. */
export function writerOf(
  call: Call<typeof FollowQuery>,
  namesChannel: boolean,
): Write & { readonly says?: true } {
  const base = baseOf(call);
  if (!call.query.content) return (channel, { key }) => `${base}/channel/${channel}/${idOfKey(key)}`;
  const write: Write = (channel, row) =>
    JSON.stringify({
      ...(namesChannel && { channel }),
      ...describeContent(row, `${base}/channel/${channel}`),
    });
  return Object.assign(write, { says: true as const });
}

/** An item with its content, as followers and consumers get it. `channel` is the channel's address. */
export function describeContent(row: BodyRow, channel: string, textOf = decodedText) {
  const id = idOfKey(row.key);
  return {
    id,
    href: `${channel}/${id}`,
    timestamp: iso(timeOfKey(row.key)),
    contentType: row.type,
    ...(row.encoding !== null && { contentEncoding: row.encoding }),
    ...(row.language !== null && { contentLanguage: row.language }),
    ...(row.itemKey !== null && { key: row.itemKey }),
    ...dataOf(row, textOf),
  };
}

/** The text of a content; undefined: it is none. */
type TextOf = (body: Uint8Array<ArrayBuffer>) => string | undefined;

/**
 * Reads contents that lie end to end in one buffer. Where all of it is ASCII it is decoded once: a call of the runtime for
 * each content costs five times as much.
 */
export function textReader(rows: readonly BodyRow[]): TextOf {
  const first = rows[0]?.body, last = rows.at(-1)?.body;
  if (first === undefined || last === undefined || first.buffer !== last.buffer) return decodedText;
  const { buffer, byteOffset: from } = first, length = last.byteOffset + last.byteLength - from;
  const text = decodedText(new Uint8Array(buffer, from, length));
  if (text?.length !== length) return decodedText;
  return ({ byteOffset, byteLength }) => text.slice(byteOffset - from, byteOffset - from + byteLength);
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodedText(body: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return UTF_8.decode(body);
  } catch {
    return undefined;
  }
}

/** Text as it is stored, everything else in base64. */
function dataOf(
  { type, encoding, body }: BodyRow,
  textOf: TextOf,
): { data: string } | { dataBase64: string } {
  const isText = encoding === null && (isJsonType(type) || essence(type).startsWith("text/"));
  const data = isText ? textOf(body) : undefined;
  return data === undefined
    ? { dataBase64: encodeBase64(body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength)) }
    : { data };
}

/** `positionAfter` tells where a follower stands once it has the item with that id, also in the middle of a bundle. */
export function bundleOf(
  { rows, gap, position, isCrowded, channel }: News,
  write: Write & { readonly says?: true },
  positionAfter: (id: string) => string,
): Bundle {
  const messages: Message[] = [];
  // Plain addresses cannot say that something is gone.
  if (gap !== undefined && write.says) {
    messages.push({ kind: "gap", text: JSON.stringify({ gap }), position: positionAfter(gap.after) });
  }
  for (const row of rows) {
    messages.push({ kind: "item", text: write(channel, row), position: positionAfter(idOfKey(row.key)) });
  }
  return { messages, isCrowded, position: positionAfter(idOfKey(position)) };
}
