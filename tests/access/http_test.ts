import { equal, ok } from "../support/assert.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { exchange, RawConnection, type RawResponse } from "../support/socket.ts";

Deno.test("two Content-Lengths, CL and TE, a path with dots: 400", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const post = "POST /channel/news HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  const requests: Record<string, string> = {
    "two Content-Lengths": `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    "Content-Length and Transfer-Encoding":
      `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "curl --path-as-is": "GET /api/store/../x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "an encoded dot": "GET /api/store/%2e%2e/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  };
  for (const [name, request] of Object.entries(requests)) {
    equal((await exchange(process.url, request))?.status, 400, name);
  }
});

/** What came is a refusal, or nothing where the end of the connection overtook it. */
function refused(answer: RawResponse | undefined, name: string): void {
  ok(answer === undefined || answer.status === 400, name);
}

Deno.test("a head of more than 64 KiB is refused while it comes, whatever it is made of", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const begin = "GET /channel HTTP/1.1\r\nHost: localhost\r\n", long = "a".repeat(100_000);
  const heads: Record<string, string> = {
    "one value": `${begin}X-A: ${long}`,
    "many headers": begin + `X-A: ${"a".repeat(1_000)}\r\n`.repeat(100),
    "a target": `GET /${long}`,
    "a method": long,
    "lines without anything": "\r\n".repeat(50_000),
  };
  for (const [name, head] of Object.entries(heads)) {
    refused(await exchange(process.url, head), name);
    using later = await RawConnection.open(process.url);
    await later.send(`${begin}\r\n`);
    equal((await later.response())?.status, 200);
    await later.send(head);
    refused(await later.response(), `${name}, after an answer`);
  }
});
