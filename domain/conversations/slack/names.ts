/** The names of Slack's users and channels, asked for once an hour, and the client that asks. */
import { LRUCache } from "lru-cache";
import { type RetryHandler, SlackAPIClient } from "slack-web-api-client";
import { z } from "zod";
import { within } from "../../../db/within.ts";
import { ForeignId, ForeignName, unnamed } from "../foreign.ts";
import type { SlackNaming } from "./text.ts";

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

const Workspace = z.object({
  url: z.url({ protocol: /^https?$/ }).optional().catch(undefined),
  team_id: ForeignId.optional().catch(undefined),
});

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

/** Ids to names. */
export class SlackNames implements SlackNaming {
  readonly #names = new LRUCache<string, Promise<string>>({ max: 10_000, ttl: NAME_MAX_AGE_MS });
  readonly #channels = new Map<string, string>();
  #deactivated: ReadonlySet<string> = new Set();
  #workspace: z.output<typeof Workspace> | undefined;
  #asking: Promise<unknown> | undefined;

  constructor(readonly client: SlackAPIClient | undefined) {}

  /** The user's name; one made from the id when neither a message nor Slack, within its time, tells it. */
  async user(userId: string): Promise<string> {
    let name = this.#names.get(userId);
    if (name === undefined) {
      if (this.client === undefined) return unnamed(userId);
      name = this.#ask(this.client, userId);
      this.#names.set(userId, name);
      name.catch(() => this.#names.delete(userId));
    }
    return await within(NAME_TIMEOUT_MS, "Slack", name).catch(() => unnamed(userId));
  }

  channel(id: string): string | undefined {
    return this.#channels.get(id);
  }

  /** Takes a name that a message told of its author, unless the name is known. */
  hear(userId: string, name: string): void {
    if (!this.#names.has(userId)) this.#names.set(userId, Promise.resolve(name));
  }

  /** Takes the name of a channel that everybody in the workspace may know of. */
  learnChannel(id: string, name: string): void {
    this.#channels.set(id, name);
  }

  /** Asks once which workspace it is and where, so that messages can be linked to. */
  async learnWorkspace(): Promise<void> {
    const { client } = this;
    if (this.#workspace !== undefined || client === undefined) return;
    this.#asking ??= within(NAME_TIMEOUT_MS, "Slack", client.auth.test()).catch(() => undefined);
    this.#workspace ??= Workspace.safeParse(await this.#asking).data;
    this.#asking = undefined;
  }

  /** Whether what concerns these workspaces and organisations concerns the app's; true while that is not known. */
  async concernsApp(teams: readonly string[]): Promise<boolean> {
    await this.learnWorkspace();
    const own = this.#workspace?.team_id;
    return own === undefined || teams.length === 0 || teams.includes(own);
  }

  /** Where Slack shows a message; undefined when it is not known where the workspace is. */
  linkTo(channel: string, ts: string, thread: string | undefined): string | undefined {
    if (this.#workspace?.url === undefined) return undefined;
    const link = new URL(
      `archives/${encodeURIComponent(channel)}/p${ts.replace(".", "")}`,
      this.#workspace.url,
    );
    if (thread !== undefined && thread !== ts) {
      link.search = `?thread_ts=${thread}&cid=${encodeURIComponent(channel)}`;
    }
    return link.href;
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
