import { deepEqual, equal, match } from "../support/assert.ts";
import { createTestApp } from "../support/app.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

/** What curl prints of an address that it does not tidy up: the status, then the body. */
async function curl(method: string, url: string): Promise<{ status: number; body: string }> {
  const args = ["-s", "--path-as-is", "-X", method, "-w", "\n%{http_code}", url];
  if (method !== "GET") args.push("-H", "Content-Type: application/json", "-d", '{"n":{"2026-01-01":1}}');
  const { stdout } = await new Deno.Command("curl", { args }).output();
  const text = new TextDecoder().decode(stdout), end = text.lastIndexOf("\n");
  return { status: Number(text.slice(end + 1)), body: text.slice(0, end) };
}

Deno.test("a path with . or .. in it is refused in every area, however it is written, and stores nothing", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  const paths = (dots: string) =>
    [
      ["PUT", `/api/store/${dots}/x`],
      ["PUT", `/api/store/x/${dots}`],
      ["GET", `/api/store/${dots}`],
      ["PUT", `/profile/${dots}/x`],
      ["PUT", `/profile/x/${dots}/`],
      ["POST", `/event/${dots}`],
      ["GET", `/event/a/${dots}`],
      ["GET", `/analytics/${dots}?x=1`],
      ["POST", `/channel/${dots}`],
      ["GET", `/user/${dots}/metrics?days=1`],
      ["POST", `/api/conversations/${dots}/messages`],
      ["GET", `/api/stats/summary/${dots}`],
      ["GET", `/no/such/${dots}`],
    ] as const;
  for (const dots of [".", "..", "%2e", "%2E%2e", ".%2e"]) {
    for (const [method, path] of paths(dots)) {
      const { status, body } = await curl(method, process.url + path);
      equal(status, 400, `${method} ${path}: ${body}`);
      match(body, /the path has \. or \.\. in it/, path);
    }
  }
  equal((await curl("PUT", `${process.url}/api/store/.../..x`)).status, 200);
  equal((await curl("GET", `${process.url}/docs?x=/../`)).status, 200, "a query may hold what it likes");
  const stored = JSON.parse((await curl("GET", `${process.url}/api/store`)).body);
  deepEqual(stored.map(({ reference }: { reference: string }) => reference), ["..."]);
});

Deno.test("a path is read once: what a browser would make of it does not choose another series", async () => {
  await using folder = await temporaryFolder();
  await using process = await startProcess({ database: `file:${folder.path}/runnel.db` });
  for (const symbol of ["a%5Cb", "a%252Fb", "a%2Fb"]) {
    equal((await curl("PUT", `${process.url}/api/store/r/${symbol}`)).status, 200, symbol);
  }
  const listed = JSON.parse((await curl("GET", `${process.url}/api/store/r`)).body);
  deepEqual(listed.map(({ symbol }: { symbol: string }) => symbol).sort(), ["a%2Fb", "a/b", "a\\b"]);
});

Deno.test("a name in a body is not . or .. either", async () => {
  await using app = await createTestApp();
  for (const name of [".", ".."]) {
    const sent: [string, string, unknown][] = [
      ["POST", "/channel", { name }],
      ["PUT", "/profile/a/1", { [name]: { id: "1" } }],
      ["POST", "/event/a", [{ account: name, event: "e" }]],
      ["POST", "/event/a", [{ account: "1", event: name }]],
      ["POST", "/api/conversations/c/messages", { id: name, username: "ann", message: "hello" }],
    ];
    for (const [method, path, body] of sent) {
      const response = await app.send(method, path, body);
      equal(response.status, 400, `${method} ${path} ${JSON.stringify(body)}`);
      await response.body?.cancel();
    }
  }
});
