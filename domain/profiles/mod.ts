/** The area of profiles, events and analytics: its parts, its sweep and its end. */
import type { Database } from "../../db/open.ts";
import { createAnalyticsStore } from "../../db/profiles/analytics.ts";
import { createEventStore } from "../../db/profiles/events.ts";
import { createLinkStore } from "../../db/profiles/links.ts";
import { createPeopleStore } from "../../db/profiles/people.ts";
import { createPortableStore } from "../../db/profiles/portable.ts";
import { createProfileStore } from "../../db/profiles/profiles.ts";
import { createRecounter } from "../../db/profiles/recount.ts";
import type { Area, AreaOptions } from "../areas.ts";
import { Analytics } from "./analytics.ts";
import { Events } from "./events.ts";
import { ProfilesOfPeople } from "./people.ts";
import { portableProfiles } from "./portable.ts";
import { Profiles } from "./profiles.ts";

/** Settings of profiles and events. */
export interface ProfileAreaOptions {
  /** Days after which an event has expired. */
  readonly eventTtlDays: number;
  /** Hours within which an event's id counts once; 48 unless given. */
  readonly eventDedupHours?: number | undefined;
  /** The most accounts that a person may have; 1,000 unless given. */
  readonly maxPersonAccounts?: number | undefined;
}

const EVENT_DEDUP_HOURS = 48;
const MAX_PERSON_ACCOUNTS = 1_000;

export interface ProfileServices {
  readonly profiles: Profiles;
  readonly events: Events;
  readonly analytics: Analytics;
  readonly profilesOfPeople: ProfilesOfPeople;
}

export function createProfileArea(
  database: Database,
  { eventTtlDays, eventDedupHours = EVENT_DEDUP_HOURS, maxPersonAccounts = MAX_PERSON_ACCOUNTS, clock }:
    & ProfileAreaOptions
    & AreaOptions,
): Area<ProfileServices> {
  const eventStore = createEventStore(database), profileStore = createProfileStore(database);
  const events = new Events({
    store: eventStore,
    clock,
    ttlDays: eventTtlDays,
    dedupHours: eventDedupHours,
  });
  const analytics = new Analytics({
    store: createAnalyticsStore(database),
    recounter: createRecounter(database),
    clock,
    firstBucket: () => events.firstBucket(),
  });
  const profiles = new Profiles({
    store: profileStore,
    links: createLinkStore(database),
    clock,
    maxAccounts: maxPersonAccounts,
  });
  const profilesOfPeople = new ProfilesOfPeople(createPeopleStore(database));
  return {
    portable: portableProfiles({
      store: createPortableStore(database),
      profiles: profileStore,
      events: eventStore,
      clock,
      maxAccounts: maxPersonAccounts,
      firstBucket: () => events.firstBucket(),
    }),
    services: { profiles, events, analytics, profilesOfPeople },
    sweep: (signal) => events.sweep(signal),
    close() {},
  };
}
