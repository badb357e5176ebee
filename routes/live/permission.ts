/** What a key let in and is still going on: it ends, within a second, when the key can no longer be used. */
import { clientLeft, RunnelError } from "../../domain/errors.ts";
import { admissionOf, secretOf } from "../gate.ts";
import { bodyPieces } from "../request.ts";
import type { Call } from "../route.ts";

/** A request, and what its route asks of a key. */
export type Permitted = Pick<Call, "request" | "services" | "context" | "access">;

/** Calls back once when the gate would let the request in no more. Answers how to stop watching. */
export function onRevoked(
  { request, services, context, access }: Permitted,
  revoked: (why: RunnelError) => void,
): () => void {
  if (access === "public" || access === "person") return () => {};
  const refusal = () => new RunnelError("unauthorized", "the API key can no longer be used");
  return services.keys.watch(
    secretOf(request),
    access,
    admissionOf(context, services),
    () => revoked(refusal()),
  );
}

/**
 * Waits for what comes later. `wait` is to return when its signal is aborted, which it is once the key is revoked
 * (`unauthorized`) or the client has left.
 */
export async function waitFor<T>(call: Permitted, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController(), { signal } = call.request;
  const leave = () => ended.abort(clientLeft());
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  const stopWatching = onRevoked(call, (why) => ended.abort(why));
  try {
    const result = await wait(ended.signal);
    ended.signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener("abort", leave);
    stopWatching();
  }
}

/** As `bodyPieces`, for a body that is stored as it comes: once the key is revoked, `unauthorized`. */
export async function* permittedPieces(call: Call): AsyncGenerator<Uint8Array> {
  let revoked: RunnelError | undefined;
  const stop = onRevoked(call, (why) => revoked = why);
  try {
    for await (const piece of bodyPieces(call)) {
      if (revoked !== undefined) throw revoked;
      yield piece;
    }
  } finally {
    stop();
  }
}
