/** Who is in Mattermost's channels, and who may no longer log in there. */
import { type Client4, ClientError } from "@mattermost/client";
import { z } from "zod";
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type { PeopleStore } from "../../../db/conversations/people.ts";
import { MATTERMOST_ACCOUNTS, mattermostPerson } from "../people/access.ts";
import { ForeignId, wellFormed } from "../foreign.ts";

const PAGE = 200;
const MAX_PAGES = 500;

const List = z.array(z.unknown());
const Member = z.object({ user_id: ForeignId });
const Profile = z.object({ id: ForeignId, delete_at: z.number().default(0) });

/** What keeping members needs. */
export interface MattermostMembersOptions {
  readonly conversations: ConversationStore;
  readonly people: PeopleStore;
  readonly clock: () => number;
  readonly log: (line: string) => void;
}

/** Makes the members of channels here those that they have at Mattermost. */
export class MattermostMembers {
  constructor(readonly options: MattermostMembersOptions) {}

  /**
   * Replaces the members of these channels and of every other channel that has any. Whoever left, was removed or was
   * deactivated reads nothing afterwards; nor does anybody in a channel whose members the client's user may not ask for.
   */
  async sync(client: Client4, publicIds: readonly string[], signal?: AbortSignal): Promise<void> {
    const { conversations, log } = this.options;
    const users = new ActiveUsers(client);
    await this.#expelInactive(users);
    const known = await conversations.withMembers("mattermost", MATTERMOST_ACCOUNTS);
    for (const publicId of new Set([...publicIds, ...known])) {
      if (signal?.aborted) return;
      await this.#replaceMembers(client, publicId, users).catch((error) =>
        log(`Mattermost, members of ${publicId}: ${error.message}`)
      );
    }
  }

  /** Whoever was deactivated loses the token, too: it would be good again when the account is. */
  async #expelInactive(users: ActiveUsers): Promise<void> {
    const { conversations, people, clock } = this.options;
    const prefix = mattermostPerson("").length;
    const ids = (await conversations.accounts(MATTERMOST_ACCOUNTS)).map((person) => person.slice(prefix));
    const active = new Set(await users.among(ids));
    const gone = ids.filter((id) => !active.has(id));
    if (gone.length === 0) return;
    await conversations.expel(gone.map(mattermostPerson));
    await people.voidTokens(users.deactivatedAmong(gone).map(mattermostPerson), clock());
  }

  async #replaceMembers(client: Client4, publicId: string, users: ActiveUsers): Promise<void> {
    const ids = await membersOf(client, publicId).catch((error) => {
      if (isRefusal(error)) return [];
      throw error;
    });
    const people = (await users.among(ids)).map(mattermostPerson);
    await this.options.conversations.replaceMembers(
      { publicId, source: "mattermost" },
      mattermostPerson(""),
      people,
    );
  }
}

/** Which users may log in, each asked for once. */
class ActiveUsers {
  readonly #states = new Map<string, "active" | "deactivated" | "unknown">();

  constructor(readonly client: Client4) {}

  async among(ids: readonly string[]): Promise<string[]> {
    const asked = ids.filter((id) => !this.#states.has(id));
    for (let from = 0; from < asked.length; from += PAGE) await this.#ask(asked.slice(from, from + PAGE));
    return ids.filter((id) => this.#states.get(id) === "active");
  }

  /** Those of whom Mattermost says so; `among` has asked for them. */
  deactivatedAmong(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#states.get(id) === "deactivated");
  }

  async #ask(ids: string[]): Promise<void> {
    const profiles = wellFormed(List.parse(await this.client.getProfilesByIds(ids)), Profile);
    for (const id of ids) this.#states.set(id, "unknown");
    for (const { id, delete_at } of profiles) this.#states.set(id, delete_at > 0 ? "deactivated" : "active");
  }
}

async function membersOf(client: Client4, publicId: string): Promise<string[]> {
  const ids: string[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const members = List.parse(await client.getChannelMembers(publicId, page, PAGE));
    ids.push(...wellFormed(members, Member).map(({ user_id }) => user_id));
    if (members.length < PAGE) break;
  }
  return ids;
}

/** The channel is not there, or not for the client's user: trying again answers the same. */
function isRefusal(error: unknown): boolean {
  return error instanceof ClientError && (error.status_code === 403 || error.status_code === 404);
}
