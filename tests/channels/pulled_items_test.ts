import { deepEqual, equal } from "../support/assert.ts";
import { testOnBothEngines } from "../support/app.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);

testOnBothEngines(
  "a pull answers each item as it was stored, whatever its bytes and its headers",
  async (app) => {
    await app.send("PUT", "/channel/c", {});
    await app.send("PUT", "/channel/c/consumers/w", { start: "earliest" });
    const stored: { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> }[] = [
      { body: ALL_BYTES, headers: { "Content-Type": "application/octet-stream" } },
      { body: new Uint8Array(), headers: { "Content-Type": "text/plain" } },
      {
        body: new Uint8Array(3),
        headers: { "Content-Type": "text/plain", "Item-Key": `it's "k" \\ \u00e4` },
      },
      { body: new TextEncoder().encode("żółć 🎷"), headers: { "Content-Type": "text/plain; charset=utf-8" } },
      { body: ALL_BYTES, headers: { "Content-Type": "text/plain", "Content-Language": "de" } },
      { body: ALL_BYTES, headers: { "Content-Type": "text/plain", "Content-Encoding": "br" } },
      { body: new Uint8Array(), headers: { "Content-Type": "application/json" } },
    ];
    for (const { body, headers } of stored) {
      equal((await app.request("/channel/c", { method: "POST", body, headers })).status, 201);
    }
    const answer = await app.send("POST", "/channel/c/consumers/w/pull", {});
    const { items } = await answer.json();
    deepEqual(
      items.map(({ data, dataBase64 }: { data?: string; dataBase64?: string }) => data ?? `${dataBase64}`),
      [
        ALL_BYTES.toBase64(),
        "",
        "\0\0\0",
        "żółć 🎷",
        ALL_BYTES.toBase64(),
        ALL_BYTES.toBase64(),
        "",
      ],
    );
    const headersOf = (item: Record<string, string>) => ({
      "Content-Type": item.contentType,
      ...item.contentLanguage !== undefined && { "Content-Language": item.contentLanguage },
      ...item.contentEncoding !== undefined && { "Content-Encoding": item.contentEncoding },
      ...item.key !== undefined && { "Item-Key": item.key },
    });
    deepEqual(items.map(headersOf), stored.map(({ headers }) => headers));
  },
);
