/** The client's package in a page of another origin. */
import { deepEqual } from "../support/assert.ts";
import { buildPackage, PROGRAM, SAID, saidThroughARestart } from "../client/program.ts";
import { openPage } from "../support/browser.ts";
import { temporaryFolder } from "../support/process.ts";

/** Serves the package, and a page that runs the program with it and shows each thing said as a list item. */
function serveSite(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith(".js")) {
      const headers = { "Content-Type": "text/javascript" };
      return new Response(await Deno.readTextFile(`${folder}${pathname}`), { headers });
    }
    if (pathname !== "/") return new Response(null, { status: 404 });
    const page =
      `<!doctype html><title>Client</title><link rel="icon" href="data:,"><ol></ol><script type="module">
      import { RunnelClient, RunnelProblem } from "/mod.js";
      const runnel = new RunnelClient(${JSON.stringify(searchParams.get("runnel"))});
      const say = (...values) => globalThis.said(values.join(" "));
      ${PROGRAM}
      globalThis.said(null);
    </script>`;
    return new Response(page, { headers: { "Content-Type": "text/html" } });
  });
}

Deno.test("the client works from a page of an allowed origin, through a restart of the server", async () => {
  await using folder = await temporaryFolder();
  await buildPackage(`${folder.path}/dist`);
  await using site = serveSite(`${folder.path}/dist`);
  const origin = `http://127.0.0.1:${site.addr.port}`;
  await using browser = await openPage("about:blank");
  const { page } = browser;
  const lines = new TransformStream<string, string>();
  const writer = lines.writable.getWriter();
  await page.exposeFunction("said", (line: string | null) => {
    // The stream ends with the program.
    void (line === null ? writer.close() : writer.write(line));
  });
  const database = `file:${folder.path}/runnel.db`;
  const said = await saidThroughARestart(database, { CORS_ORIGINS: origin }, async (url) => {
    await page.goto(`${origin}/?runnel=${encodeURIComponent(url)}`);
    return lines.readable;
  });
  deepEqual(said, SAID);
});
