/** The five areas, and what all of them have in common. */
import type { Poll } from "./live/poll.ts";
import type { Portable } from "./operation/portable.ts";

/** Each area with its heading in the API reference and the addresses under which it answers. */
export const AREAS = {
  channels: {
    about: "Append-only lists of items, in commit order",
    addresses: /^\/(channel|ws|events|webhook)\b/,
  },
  profiles: {
    about: "Profiles of accounts, their events, and analytics",
    addresses: /^\/(profile|event|analytics|person)\b/,
  },
  series: { about: "Time series, as data frames", addresses: /^\/api\/store\b/ },
  sessions: {
    about: "Starts and ends of user sessions, and figures about them",
    addresses: /^\/user\b/,
  },
  conversations: {
    about: "Chat messages, and what they are about",
    addresses: /^\/api\/(auth|stats|conversations|ingest)\b/,
  },
} as const;

/** The name of an area; its folder in every layer is called so. */
export type AreaName = keyof typeof AREAS;

export const AREA_NAMES = Object.keys(AREAS) as readonly AreaName[];

/** What every area gives the process that runs it, beside its services. */
export interface Area<Services> {
  /** What routes, jobs and commands call, by name. */
  readonly services: Services;
  /** Its data as records, for files. */
  readonly portable: Portable;
  /** Frees the space of what has expired, in short steps, until `signal`; answers how much that was. */
  sweep(signal?: AbortSignal): Promise<number>;
  /** Ends what runs in the background. */
  close(): void | Promise<void>;
}

/** What every area is created with. `clock` answers milliseconds since the epoch. */
export interface AreaOptions {
  readonly clock: () => number;
  /** Writes one line of the log. */
  readonly log: (line: string) => void;
  /** When to look for what other processes did. */
  readonly poll: Poll;
}
