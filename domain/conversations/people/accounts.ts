/** Logging in: Mattermost decides where there is one, Runnel's own users otherwise. */
import type { ConversationStore } from "../../../db/conversations/conversations.ts";
import type { AttemptStore } from "../../../db/conversations/attempts.ts";
import type { PeopleStore } from "../../../db/conversations/people.ts";
import { RunnelError } from "../../errors.ts";
import { ownPerson, type Person } from "./access.ts";
import { LoginAttempts } from "./attempts.ts";
import { hashPassword, verifyPassword } from "./passwords.ts";
import type { LoggedIn, Tokens } from "./tokens.ts";

/** The longest password that is looked at, in characters. */
export const MAX_PASSWORD = 1024;

/** A chat system that can check a password. */
export interface LoginAuthority {
  /**
   * The person (see `member.person`) after bringing in their channels, undefined when the credentials are wrong.
   * Fails when the system does not answer.
   */
  logIn(username: string, password: string): Promise<string | undefined>;
}

/** What logging in needs. */
export interface AccountOptions {
  readonly people: PeopleStore;
  readonly attempts: AttemptStore;
  readonly conversations: ConversationStore;
  readonly tokens: Tokens;
  readonly clock: () => number;
  readonly authority: LoginAuthority | undefined;
}

/** Users and their logins. */
export class Accounts {
  readonly #attempts: LoginAttempts;

  constructor(readonly options: AccountOptions) {
    this.#attempts = new LoginAttempts(options.attempts, options.clock);
  }

  /**
   * The person, a new token, and one for the device, which shows the next time that the name has logged in there. Wrong:
   * `unauthorized`, after the same work for an unknown name as for a wrong password. Too many wrong ones (see
   * `LoginAttempts`): `too-many-attempts`. Mattermost does not answer and no own user matches: `login-unavailable`.
   */
  async logIn(
    username: string,
    password: string,
    { address, device }: { address?: string | undefined; device?: string | undefined } = {},
  ): Promise<{ person: string; token: string; device: string }> {
    const { tokens } = this.options;
    const known = device === undefined ? undefined : await tokens.deviceOf(device, username);
    const attempt = { name: username, address, device: known };
    const forgive = await this.#attempts.begin(attempt);
    let person: string | undefined;
    try {
      person = await this.#identify(username, password);
    } catch (error) {
      await forgive();
      throw error;
    }
    if (person === undefined) throw new RunnelError("unauthorized", "the user name or the password is wrong");
    await forgive();
    await this.#attempts.succeeded(attempt);
    return { person, token: await tokens.issue(person), device: await tokens.issueDevice(username, known) };
  }

  /** Forgets wrong passwords that no longer count. */
  sweep(): Promise<void> {
    return this.#attempts.sweep();
  }

  /** Who shows this token; see `Tokens.check`. */
  whoIs(token: string | undefined): Promise<LoggedIn> {
    return this.options.tokens.check(token);
  }

  /** The same; undefined where the token lets nobody in. */
  async whoMayBe(token: string | undefined): Promise<LoggedIn | undefined> {
    if (token === undefined) return undefined;
    return await this.whoIs(token).catch((error) => {
      if (error instanceof RunnelError && error.code === "unauthorized") return undefined;
      throw error;
    });
  }

  logOut(user: LoggedIn): Promise<void> {
    return this.options.tokens.revoke(user);
  }

  /**
   * Makes an own user, or gives it a new password, and makes it a member of these channels. One that is not there yet
   * belongs to the first source that writes to it.
   */
  async add(name: string, password: string, channels: readonly string[] = []): Promise<void> {
    const { people, conversations, clock } = this.options;
    await people.setPassword(name, await hashPassword(password), clock());
    for (const publicId of channels) {
      await conversations.admit(publicId, ownPerson(name));
    }
  }

  /** Says that accounts at chat systems are an own user's, who reads their channels from now on. No such user: `not-found`. */
  async link(name: string, accounts: readonly Person[]): Promise<void> {
    const { people, conversations } = this.options;
    if (await people.password(name) === undefined) {
      throw new RunnelError("not-found", `there is no user named ${name}`);
    }
    for (const account of accounts) await conversations.link(ownPerson(name), account);
  }

  /** Takes such a link back. False when there was none. */
  unlink(name: string, account: Person): Promise<boolean> {
    return this.options.conversations.unlink(ownPerson(name), account);
  }

  /** The accounts that are linked to an own user. */
  links(name: string): Promise<string[]> {
    return this.options.conversations.links(ownPerson(name));
  }

  /** The time zone in which a person's times and days are meant; UTC until they say otherwise. */
  async timezone(person: string): Promise<string> {
    return await this.options.people.timezone(person) ?? "UTC";
  }

  setTimezone(person: string, timezone: string): Promise<void> {
    return this.options.people.setTimezone(person, timezone);
  }

  names(): Promise<string[]> {
    return this.options.people.names();
  }

  /** Removes an own user; its tokens are void at once. False when there was none. */
  remove(name: string): Promise<boolean> {
    return this.options.people.remove(name, ownPerson(name));
  }

  /** Own users are checked even when Mattermost has failed, and then told apart from a wrong password. */
  async #identify(username: string, password: string): Promise<string | undefined> {
    const { people, authority } = this.options;
    let failure: unknown;
    const known = await authority?.logIn(username, password).catch((error) => {
      failure = error;
      return undefined;
    });
    if (known !== undefined) return known;
    if (await verifyPassword(password, await people.password(username))) return ownPerson(username);
    if (failure === undefined) return undefined;
    throw new RunnelError("login-unavailable", "Mattermost does not answer at the moment: try again", [], {
      cause: failure,
    });
  }
}
