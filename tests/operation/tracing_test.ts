import { equal, notEqual, ok } from "../support/assert.ts";
import { startProcess, temporaryFolder } from "../support/process.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** Takes what a process sends by OTLP over HTTP in JSON. */
function receiveSpans() {
  const spans: Span[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const sent = await request.json();
    for (const { scopeSpans } of sent.resourceSpans ?? []) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    return Response.json({});
  });
  return {
    spans,
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("with OTEL_DENO the trace of an insert has the commit as a span", async () => {
  await using folder = await temporaryFolder();
  await using receiver = receiveSpans();
  await using process = await startProcess({
    database: `file:${folder.path}/runnel.db`,
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    },
  });
  const send = async (method: string, body: string) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${process.url}/channel/a`, { method, headers, body });
    await answer.body?.cancel();
    return answer.status;
  };
  equal(await send("PUT", "{}"), 201);
  equal(await send("POST", "1"), 201);
  // What is left is sent before the process ends.
  equal(await process.end("SIGTERM"), 0);
  const insert = receiver.spans.find(({ name }) => name === "POST");
  ok(insert !== undefined, `no span of the request in ${receiver.spans.map(({ name }) => name)}`);
  const commit = receiver.spans.find(({ name, traceId }) => name === "commit" && traceId === insert.traceId);
  ok(commit !== undefined, "the trace has no commit");
  equal(commit.parentSpanId, insert.spanId);
  notEqual(commit.spanId, insert.spanId);
  ok(BigInt(commit.startTimeUnixNano) >= BigInt(insert.startTimeUnixNano));
  ok(BigInt(commit.endTimeUnixNano) <= BigInt(insert.endTimeUnixNano));
});
