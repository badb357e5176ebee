/** What webhooks call. */

/** A receiver of webhooks, which keeps the calls that it got. */
export function startReceiver(
  answer: (call: number, request: Request) => Response | Promise<Response> = () => new Response(),
) {
  const calls: { headers: Headers; text: string; uris: string[] }[] = [];
  let news = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const text = await request.text();
    const number = calls.push({ headers: request.headers, text, uris: JSON.parse(text).uris });
    news.resolve();
    return await answer(number, request);
  });
  return {
    calls,
    url: `http://127.0.0.1:${server.addr.port}/items`,
    async until(isEnough: () => boolean) {
      while (!isEnough()) {
        news = Promise.withResolvers();
        await news.promise;
      }
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
