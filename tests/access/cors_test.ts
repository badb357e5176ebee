import { deepEqual, equal, match } from "../support/assert.ts";
import { createChannel, insert } from "../support/http.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { RawConnection } from "../support/socket.ts";

const SHOP = "https://shop.example";

Deno.test("an item keeps its two Link headers apart for a page of an allowed origin", async () => {
  await using folder = await temporaryFolder();
  const env = { CORS_ORIGINS: SHOP };
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db`, env });
  const channel = await createChannel(process.url, "news");
  const ids: string[] = [];
  for (const body of ["a", "b", "c"]) ids.push(await insert(channel, body));
  using connection = await RawConnection.open(process.url);
  const { host } = new URL(process.url);
  await connection.send(`GET /channel/news/${ids[1]} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${SHOP}\r\n\r\n`);
  const head = (await connection.until("\r\n\r\n"))!;
  const values = (name: string) =>
    head.split("\r\n").filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  deepEqual(values("link"), [
    `<${channel}/${ids[0]}>;rel="previous"`,
    `<${channel}/${ids[2]}>;rel="next"`,
  ]);
  deepEqual(values("access-control-allow-origin"), [SHOP]);
  match(values("access-control-expose-headers")[0]!, /Link/);
  deepEqual(values("vary"), ["Origin"]);
  equal(values("etag").length, 1);
});
