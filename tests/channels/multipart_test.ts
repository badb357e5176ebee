/** multipart/mixed held against a parser that others wrote: Dicer, of the npm package @fastify/busboy. */
import { Readable } from "node:stream";
import { deepEqual, equal } from "../support/assert.ts";
import { Dicer } from "@fastify/busboy";
import { multipart, type NewItem } from "../../client/bulk.ts";
import { createTestApp } from "../support/app.ts";

interface Part {
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
}

async function parse(message: Uint8Array, type: string): Promise<Part[]> {
  const dicer = new Dicer({ boundary: /boundary=(.+)$/.exec(type)![1]! });
  const parts: Promise<Part>[] = [];
  dicer.on("part", (part) => {
    const header = new Promise<Record<string, string>>((resolve) =>
      part.on(
        "header",
        (fields) =>
          resolve(Object.fromEntries(Object.entries(fields).map(([name, [value]]) => [name, value!]))),
      )
    );
    const content = (async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of part) pieces.push(piece);
      return new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    })();
    parts.push(Promise.all([header, content]).then(([headers, content]) => ({ headers, content })));
  });
  const ended = new Promise((resolve, reject) => dicer.on("finish", resolve).on("error", reject));
  Readable.from([message]).pipe(dicer);
  await ended;
  return await Promise.all(parts);
}

Deno.test("what a bulk read sends, a MIME parser reads: each item's bytes and headers", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const everyByte = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  const items: NewItem[] = [
    { body: "plain", type: "text/plain" },
    { body: "", type: "text/plain;charset=utf-8", language: "de" },
    { body: "\r\n--\r\n\r\n--b--\r\n", type: "application/octet-stream" },
    { body: "\r\n", type: "text/csv", key: "k" },
    { body: everyByte, type: "image/png", encoding: "gzip" },
    { body: '{"ä":"\u2028"}', type: "application/json" },
  ];
  const { body, type } = multipart(items);
  const stored = await app.request("/channel/c/bulk", {
    method: "POST",
    body,
    headers: { "Content-Type": type },
  });
  equal(stored.status, 201, await stored.clone().text());
  const { ids } = await stored.json();
  const answer = await app.stream("/channel/c/earliest/10?bulk=true");
  const parts = await parse(await answer.bytes(), answer.headers.get("content-type")!);
  const bytesOf = ({ body }: NewItem) => typeof body === "string" ? new TextEncoder().encode(body) : body;
  deepEqual(parts.map(({ content }) => content), items.map(bytesOf));
  deepEqual(
    parts.map(({ headers }) => ({ ...headers })),
    items.map((item, i) => ({
      "content-type": item.type!,
      ...(item.encoding !== undefined && { "content-encoding": item.encoding }),
      ...(item.language !== undefined && { "content-language": item.language }),
      "content-length": `${bytesOf(item).length}`,
      "content-location": `http://datahub:8080/channel/c/${ids[i]}`,
      "creation-date": new Date(app.time.now).toISOString(),
      ...(item.key !== undefined && { "item-key": item.key }),
    })),
  );
});

Deno.test("a part whose content is encoded for mail is refused: it would be stored as it is", async () => {
  await using app = await createTestApp();
  await app.send("PUT", "/channel/c", {});
  const send = (encoding: string) =>
    app.request("/channel/c/bulk", {
      method: "POST",
      body: `--b\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\nYQ==\r\n--b--\r\n`,
      headers: { "Content-Type": "multipart/mixed; boundary=b" },
    });
  for (const encoding of ["base64", "Quoted-Printable", "uuencode"]) {
    equal((await send(encoding)).status, 400);
  }
  for (const encoding of ["binary", "8bit", "7BIT"]) equal((await send(encoding)).status, 201);
  equal((await (await app.request("/channel/c/latest/9")).json()).items.length, 3);
});
