/** What tests of a real process ask of it again and again. */
import { equal } from "./assert.ts";

/** Sends JSON to a process. */
export function send(method: string, url: string, body: unknown): Promise<Response> {
  return fetch(url, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
}

/** Creates a channel; answers its URL. */
export async function createChannel(base: string, name: string, settings: object = {}): Promise<string> {
  const response = await send("POST", `${base}/channel`, { name, ...settings });
  const text = await response.text();
  equal(response.status, 201, text);
  return `${base}/channel/${name}`;
}

/** Inserts an item; answers its id. */
export async function insert(
  channel: string,
  body: BodyInit,
  options: { client?: Deno.HttpClient } = {},
): Promise<string> {
  const response = await fetch(channel, { method: "POST", body, ...options });
  const answer = await response.json();
  equal(response.status, 201, JSON.stringify(answer));
  return answer.id;
}

/** Where a redirect leads, or undefined when the answer is none. */
export async function redirectOf(url: string): Promise<string | undefined> {
  const response = await fetch(url, { redirect: "manual" });
  await response.body?.cancel();
  return response.headers.get("location") ?? undefined;
}

/** The target of an answer's `next` link. */
export function nextOf(response: Response): string | undefined {
  return /<([^>]+)>;rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
}
