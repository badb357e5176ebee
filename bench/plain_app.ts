/** The peer of the channel benchmarks: the same routes on the same Hono, with constant answers and no database. */
import { Hono } from "hono";

const SELF = "http://127.0.0.1:8080/channel/bench";
const ID = "00002FHOK8JMK000";
const CONTENT = new TextEncoder().encode("x".repeat(100));

const app = new Hono({ strict: false });
app.post("/channel/:name", async ({ req }) => {
  await req.raw.bytes();
  const body = {
    _links: { channel: { href: SELF }, self: { href: `${SELF}/${ID}` } },
    id: ID,
    timestamp: "2013-04-23T20:42:31.146Z",
  };
  return new Response(JSON.stringify(body), {
    status: 201,
    headers: { "Content-Type": "application/json", Location: `${SELF}/${ID}` },
  });
});
app.get("/channel/:name/:id", ({ req }) => {
  if (!req.raw.url.endsWith("?headers")) {
    return new Response(CONTENT, { headers: { "Content-Type": "text/plain" } });
  }
  return new Response(CONTENT, {
    headers: {
      "X-Content-Type-Options": "nosniff",
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "Cross-Origin-Resource-Policy": "same-site",
      "Referrer-Policy": "no-referrer",
      "Creation-Date": "2013-04-23T20:42:31.146Z",
      "ETag": `"${ID}-p-n"`,
      "Cache-Control": "public, max-age=3600",
      "Link": `<${SELF}/${ID}>;rel="previous"`,
      "link": `<${SELF}/${ID}>;rel="next"`,
      "Content-Type": "text/plain",
    },
  });
});

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, app.fetch);
