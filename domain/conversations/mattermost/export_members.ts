/** Who is in the channels of Mattermost's bulk export, known by their names there. */
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type { ConversationOrigin } from "../../../db/conversations/messages.ts";
import { exportedMattermostPerson } from "../people/access.ts";

/** A user's line of an export, as far as it says who is where. */
export interface ExportedUser {
  readonly username: string;
  /** When the user was deactivated; 0: is active. */
  readonly delete_at: number;
  readonly teams?:
    | readonly {
      readonly name: string;
      readonly channels?: readonly { readonly name: string }[] | null | undefined;
    }[]
    | null
    | undefined;
}

/** Gathers the members of an export's channels, and then makes them the members. */
export class ExportMembers {
  /** By the channel's id. */
  readonly #names = new Map<string, Set<string>>();
  readonly #deactivated = new Set<string>();
  readonly #made = new Set<string>();

  constructor(readonly conversations: ConversationStore) {}

  /** Makes a channel, with these members and those of whom users' lines say so. */
  async addChannel(origin: ConversationOrigin, names: readonly string[] = []): Promise<void> {
    const known = this.#of(origin.publicId);
    for (const name of names) known.add(name);
    if (this.#made.has(origin.publicId)) return;
    this.#made.add(origin.publicId);
    await this.conversations.ensure(origin);
  }

  addUser({ username, teams, delete_at }: ExportedUser): void {
    if (delete_at > 0) {
      this.#deactivated.add(username);
      return;
    }
    for (const team of teams ?? []) {
      for (const channel of team.channels ?? []) this.#of(`${team.name}/${channel.name}`).add(username);
    }
  }

  /** Replaces the members of the export's channels. Whoever was deactivated is a member nowhere. */
  async replace(): Promise<void> {
    const { conversations } = this;
    for (const [publicId, names] of this.#names) {
      const active = Array.from(names.difference(this.#deactivated), exportedMattermostPerson);
      await conversations.replaceMembers(
        { publicId, source: "mattermost" },
        exportedMattermostPerson(""),
        active,
      );
    }
    await conversations.expel(Array.from(this.#deactivated, exportedMattermostPerson));
  }

  #of(publicId: string): Set<string> {
    const names = this.#names.get(publicId) ?? new Set();
    this.#names.set(publicId, names);
    return names;
  }
}
