/** Mattermost: who may log in, which channels are theirs, and new posts, through its REST API v4. */
import client, { type Client4, ClientError } from "@mattermost/client";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type { ConversationOrigin, MessageStore } from "../../../db/conversations/messages.ts";
import type { PeopleStore } from "../../../db/conversations/people.ts";
import { within } from "../../../db/within.ts";
import { mattermostPerson } from "../people/access.ts";
import type { LoginAuthority } from "../people/accounts.ts";
import { ForeignId, ForeignName, wellFormed } from "../foreign.ts";
import { MattermostMembers } from "./members.ts";
import { isSpoken, messageOf, Post } from "./posts.ts";
import { firstAlive, type TimeToLive } from "../../expiry.ts";

/** How long one request may take. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a login waits for the user's channels and posts; the rest comes in the background. */
const LOGIN_SYNC_MS = 3000;
const PAGE = 200;
/** As many posts as the server answers at most to `since`. */
const SINCE_LIMIT = 1000;
/** Pages of a channel that is read for the first time. */
const MAX_PAGES = 500;

const User = z.object({
  id: ForeignId,
  username: ForeignName.pipe(z.string().min(1)),
});
const Team = z.object({ id: ForeignId, name: ForeignName });
const Channel = z.object({ id: ForeignId, display_name: ForeignName, name: ForeignName });
const PostList = z.object({ posts: z.record(z.string(), z.unknown()) });

/** A client whose requests end in time, and follow no redirect with their credentials. */
// The package is CommonJS: Client4 is a getter, which an import by name does not find.
class BoundedClient extends client.Client4 {
  override getOptions(options: Parameters<Client4["getOptions"]>[0]) {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return { ...super.getOptions(options), signal, redirect: "error" as const };
  }
}

/** What working with Mattermost needs. */
export interface MattermostOptions {
  readonly url: string;
  /** Access token of the job that brings in new posts. */
  readonly token: string | undefined;
  readonly messages: MessageStore;
  readonly conversations: ConversationStore;
  readonly people: PeopleStore;
  readonly clock: () => number;
  /** How long messages are kept: older ones are not asked for. */
  readonly ttlMillis: TimeToLive;
  /** How much of what was read already is read again when the process begins. */
  readonly windowMillis: number;
  readonly log: (line: string) => void;
}

/** A channel, and the address of a team in which it is shown. */
interface TeamChannel extends ConversationOrigin {
  readonly address: string;
}

/** One Mattermost server. */
export class Mattermost implements LoginAuthority {
  readonly #names = new LRUCache<string, string>({ max: 50_000, ttl: 3_600_000 });
  /** Channels whose window this process has read again. */
  readonly #reread = new Set<string>();
  readonly #members: MattermostMembers;
  #syncing: Promise<void> | undefined;

  constructor(readonly options: MattermostOptions) {
    this.#members = new MattermostMembers(options);
  }

  async logIn(username: string, password: string): Promise<string | undefined> {
    const client = this.#client();
    let user: z.output<typeof User>;
    try {
      user = User.parse(await client.login(username, password));
    } catch (error) {
      if (error instanceof ClientError && error.status_code === 401) return undefined;
      throw error;
    }
    const person = mattermostPerson(user.id);
    const sync = this.#sync(client, person).finally(() => client.logout().catch(() => {}));
    await within(LOGIN_SYNC_MS, "Mattermost", sync).catch(() => {});
    sync.catch((error) => this.options.log(`Mattermost, after a login: ${describe(error)}`));
    return person;
  }

  /** Whether there is a token with which `sync` can read. */
  get canSync(): boolean {
    return this.options.token !== undefined;
  }

  /** Brings in what is new in the channels of the token's user; one run at a time. Nothing without a token. */
  async sync(signal?: AbortSignal): Promise<void> {
    const { token } = this.options;
    if (token === undefined) return;
    const client = this.#client();
    client.setToken(token);
    await (this.#syncing ??= this.#sync(client, undefined, signal).finally(() => this.#syncing = undefined));
  }

  #client(): BoundedClient {
    const client = new BoundedClient();
    client.setUrl(this.options.url);
    client.setIncludeCookies(false);
    return client;
  }

  /** Channels first, all of them, so that the person sees what is theirs; then the posts of each. */
  async #sync(client: Client4, person: string | undefined, signal?: AbortSignal): Promise<void> {
    const { conversations } = this.options;
    const channels = await this.#ensureChannels(client, person);
    const publicIds = channels.map(({ publicId }) => publicId);
    if (person !== undefined) await conversations.leaveOthers(person, publicIds);
    else await this.#members.sync(client, publicIds, signal);
    for (const channel of channels) {
      if (signal?.aborted) return;
      // One channel that fails must not keep the others from being read.
      await this.#syncPosts(client, channel).catch((error) =>
        this.options.log(`Mattermost, channel ${channel.publicId}: ${describe(error)}`)
      );
    }
  }

  /** The channels of the client's user, without those whose ids other sources have; the person is in them. */
  async #ensureChannels(client: Client4, person: string | undefined): Promise<TeamChannel[]> {
    const { conversations, url, log } = this.options;
    const channels = new Map<string, TeamChannel>();
    for (const { id: team, name: teamName } of wellFormed(await client.getMyTeams(), Team)) {
      const address = `${url}/${encodeURIComponent(teamName)}`;
      for (const { id, display_name, name } of wellFormed(await client.getMyChannels(team), Channel)) {
        const shown = display_name || name || "channel";
        channels.set(id, { publicId: id, source: "mattermost", name: shown, address });
      }
    }
    const own: TeamChannel[] = [];
    for (const channel of channels.values()) {
      if (await conversations.ensure(channel, person === undefined ? [] : [person])) own.push(channel);
      else log(`Mattermost, channel ${channel.publicId}: another source has a channel with this id`);
    }
    return own;
  }

  async #syncPosts(client: Client4, channel: TeamChannel): Promise<void> {
    const { conversations, windowMillis } = this.options;
    const since = await conversations.syncedAt(channel);
    const from = this.#reread.has(channel.publicId) ? since : Math.max(1, since - windowMillis);
    const newest = since === 0
      ? await this.#firstTime(client, channel)
      : await this.#changedSince(client, channel, from);
    this.#reread.add(channel.publicId);
    if (newest > since) await conversations.setSyncedAt(channel, newest);
  }

  async #firstTime(client: Client4, channel: TeamChannel): Promise<number> {
    const oldest = firstAlive(this.options.ttlMillis, this.options.clock());
    let newest = 0;
    for (let page = 0; page < MAX_PAGES; page++) {
      const posts = postsOf(await client.getPosts(channel.publicId, page, PAGE, false));
      newest = Math.max(newest, await this.#store(client, channel, posts));
      if (posts.length < PAGE || posts.every(({ create_at }) => create_at < oldest)) break;
    }
    return newest;
  }

  /** Edits and deletions come as posts that were updated since. */
  async #changedSince(client: Client4, channel: TeamChannel, since: number): Promise<number> {
    let newest = since;
    for (let page = 0; page < MAX_PAGES; page++) {
      const posts = postsOf(await client.getPostsSince(channel.publicId, newest, false));
      const last = await this.#store(client, channel, posts);
      if (posts.length < SINCE_LIMIT || last <= newest) return Math.max(newest, last);
      newest = last;
    }
    return newest;
  }

  /** Stores and deletes, and answers when the latest of the posts was updated. */
  async #store(client: Client4, channel: TeamChannel, posts: readonly Post[]): Promise<number> {
    const { messages, clock } = this.options;
    const deleted = posts.filter(({ delete_at }) => delete_at > 0).map(({ id }) => id);
    if (deleted.length > 0) await messages.remove(channel, deleted, clock());
    const kept = posts.filter(({ type, delete_at }) => isSpoken(type) && delete_at === 0);
    await this.#learnNames(client, kept.map(({ user_id }) => user_id));
    const said = kept.flatMap((post) =>
      messageOf(post, this.#names.get(post.user_id), channel.address) ?? []
    );
    const news = await messages.newsAmong(channel, said);
    if (news.length > 0) await messages.store({ conversation: channel, messages: news });
    return posts.reduce((latest, { update_at, delete_at }) => Math.max(latest, update_at, delete_at), 0);
  }

  async #learnNames(client: Client4, ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#names.has(id));
    if (unknown.length === 0) return;
    for (const { id, username } of wellFormed(await client.getProfilesByIds(unknown), User)) {
      this.#names.set(id, username);
    }
  }
}

function postsOf(list: unknown): Post[] {
  return wellFormed(Object.values(PostList.parse(list).posts), Post);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
