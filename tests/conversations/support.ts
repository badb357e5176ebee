/** Steps that tests of conversations share. */
import { equal } from "../support/assert.ts";
import type { TestApp } from "../support/app.ts";

export const PASSWORD = "correct horse battery";

/** Makes an own user, logs in, and answers the token. */
export async function logIn(
  app: TestApp,
  name: string,
  channels: readonly string[] = ["town"],
): Promise<string> {
  await app.services.conversations.accounts.add(name, PASSWORD, channels);
  const response = await app.send("POST", "/api/auth", { username: name, password: PASSWORD });
  equal(response.status, 200);
  return (await response.json()).data.token;
}

/** Sends messages to a channel and answers their ids. */
export async function post(app: TestApp, channel: string, messages: unknown): Promise<string[]> {
  const response = await app.send(
    "POST",
    `/api/conversations/${encodeURIComponent(channel)}/messages`,
    messages,
  );
  equal(response.status, 201, await response.clone().text());
  return (await response.json()).ids;
}

/** What a GET with a token answers: the whole envelope. */
export async function stats(app: TestApp, token: string, path: string) {
  const response = await app.request(`/api/stats/${path}`, { headers: { Authorization: `Bearer ${token}` } });
  return await response.json();
}

/** What a POST with a token answers. */
export async function statsSince(app: TestApp, token: string, path: string, body: unknown) {
  const response = await app.request(`/api/stats/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.json();
}

/** The time so many minutes before the start of a test. */
export function minutesBefore(time: number, minutes: number): string {
  return new Date(time - minutes * 60_000).toISOString();
}
