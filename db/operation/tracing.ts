/** Spans of Runnel's own, beside those that Deno makes of requests. */
import { ProxyTracerProvider, SpanStatusCode, trace } from "@opentelemetry/api";

/**
 * The same function, with a span of each call, under the request that it is made for. Without `OTEL_DENO=true` it is
 * the given function itself: Deno names a provider before the program's first line, or there is none.
 */
export function traced<Args extends unknown[], Outcome>(
  name: string,
  run: (...args: Args) => Promise<Outcome>,
): typeof run {
  if (trace.getTracerProvider() instanceof ProxyTracerProvider) return run;
  const tracer = trace.getTracer("runnel");
  return async (...args) => {
    const span = tracer.startSpan(name);
    try {
      return await run(...args);
    } catch (error) {
      // Its message may hold SQL.
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  };
}
