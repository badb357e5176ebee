import { equal } from "node:assert/strict";
import { startProcess, temporaryFolder } from "../support/process.ts";
import { exchange } from "../support/socket.ts";

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
