/**
 * Who may read which chat channel, asked at every read, however old a token is. A channel belongs to its source, and its
 * members are members there, by the id that the source gives people. A person of Runnel reads it when one of these is
 * theirs: membership by `--channels` or a program's `members`, an account at the source that was linked to them, a channel
 * that a program made public. Equal names grant nothing.
 */
import type { ConversationRow, ConversationStore, Stretch } from "../../../db/conversations/conversations.ts";
import { RunnelError } from "../../errors.ts";

/** A person, or an account at a source, as memberships and links name them. */
export type Person = `own:${string}` | `slack:${string}` | `mattermost:${string}`;

/** The person that an own user of that name is. */
export function ownPerson(name: string): Person {
  return `own:${name}`;
}

/** The account with that id at Slack. */
export function slackPerson(userId: string): Person {
  return `slack:${userId}`;
}

/** The account with that id at Mattermost. */
export function mattermostPerson(userId: string): Person {
  return `mattermost:${userId}`;
}

/** The account of that name in an export of Mattermost, which knows no ids. */
export function exportedMattermostPerson(username: string): Person {
  return `mattermost:@${username}`;
}

/** Pattern (GLOB) of all accounts at a Mattermost server, without those that only exports know. */
export const MATTERMOST_ACCOUNTS = "mattermost:[^@]*";

/** What a person may read. */
export class ReadingRights {
  constructor(
    readonly store: Pick<
      ConversationStore,
      "ofPerson" | "visibleTo" | "visibleStretch" | "countWithMessages"
    >,
  ) {}

  /** The channels that a person may read, by name. */
  channels(person: string): Promise<ConversationRow[]> {
    return this.store.ofPerson(person);
  }

  /** How many channels with messages since then a person may read; undefined: somebody who has not logged in. */
  count(person: string | undefined, since: number): Promise<number> {
    return this.store.countWithMessages(person, since);
  }

  /** The channel, if the person may read it. Otherwise `channel-not-found`, as if it did not exist. */
  async channel(person: string, publicId: string): Promise<ConversationRow> {
    return await this.store.visibleTo(person, publicId) ?? notFound(publicId);
  }

  /** The same with the ends of a stretch of it. */
  async stretch(person: string, publicId: string, stretch: Stretch) {
    return await this.store.visibleStretch(person, publicId, stretch) ?? notFound(publicId);
  }
}

function notFound(publicId: string): never {
  throw new RunnelError("channel-not-found", `there is no channel ${publicId} for you`);
}
