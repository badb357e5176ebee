/** The names of Slack's users, asked for once an hour, and the client that asks. */
import { LRUCache } from "lru-cache";
import { type RetryHandler, SlackAPIClient } from "slack-web-api-client";
import { z } from "zod";
import { ForeignId, ForeignName, within } from "../foreign.ts";

const NAME_MAX_AGE_MS = 3_600_000;
/** An event must be acknowledged within 3 seconds, so its author's name may take less. */
const NAME_TIMEOUT_MS = 1500;
/** How long Slack may ask to wait; past it the work is put off until the job's next run. */
const MAX_RETRY_AFTER_S = 60;
const MAX_RETRIES = 5;

/** A user as Slack lists them. */
export const SlackUser = z.object({
  id: ForeignId,
  name: ForeignName.pipe(z.string().min(1)),
  deleted: z.boolean().default(false),
});
const UserInfo = z.object({ user: z.object({ name: ForeignName.pipe(z.string().min(1)) }) });

/** A client that waits as long as Slack asks it to, within reason. */
export function createSlackClient(apiUrl: string, botToken: string): SlackAPIClient {
  const patience: RetryHandler = {
    async shouldRetry({ state, response }) {
      const seconds = Number(response?.headers.get("retry-after") ?? NaN);
      const isBearable = seconds >= 0 && seconds <= MAX_RETRY_AFTER_S && state.currentAttempt < MAX_RETRIES;
      if (response?.status !== 429 || !isBearable) return false;
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return true;
    },
  };
  return new SlackAPIClient(botToken, { baseUrl: apiUrl, logLevel: "ERROR", retryHandlers: [patience] });
}

/** User ids to names. */
export class SlackNames {
  readonly #names = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: NAME_MAX_AGE_MS });
  #deactivated: ReadonlySet<string> = new Set();

  constructor(readonly client: SlackAPIClient | undefined) {}

  /** The user's name; the id itself without a bot token, or when Slack does not tell in time. */
  async of(userId: string): Promise<string> {
    if (this.client === undefined) return userId;
    let name = this.#names.get(userId);
    if (name === undefined) {
      name = this.#ask(this.client, userId);
      this.#names.set(userId, name);
      name.catch(() => this.#names.delete(userId));
    }
    return await within(NAME_TIMEOUT_MS, name).catch(() => userId);
  }

  /** Takes the list of all users: their names, and who was deactivated. */
  learn(users: readonly z.output<typeof SlackUser>[]): void {
    for (const { id, name } of users) this.#names.set(id, Promise.resolve(name));
    this.#deactivated = new Set(users.filter(({ deleted }) => deleted).map(({ id }) => id));
  }

  /** False for users who were deactivated when the list was taken last. */
  isActive(userId: string): boolean {
    return !this.#deactivated.has(userId);
  }

  async #ask(client: SlackAPIClient, user: string): Promise<string> {
    return UserInfo.parse(await client.users.info({ user })).user.name;
  }
}
