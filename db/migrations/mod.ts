/** All migrations, in the order in which they are applied. A migration that was released is never changed. */
import { channels } from "./001_channels.ts";
import { profiles } from "./002_profiles.ts";
import { sessions } from "./003_sessions.ts";
import { series } from "./004_series.ts";
import { conversations } from "./005_conversations.ts";
import { userSessions } from "./006_user_sessions.ts";
import { jobs } from "./007_jobs.ts";
import { reading } from "./008_reading.ts";
import { keys } from "./009_keys.ts";
import { access } from "./010_access.ts";
import { sortedRuns } from "./011_sorted_runs.ts";
import { messageDetails } from "./012_message_details.ts";
import { visits } from "./013_visits.ts";
import { loginAttempts } from "./014_login_attempts.ts";
import { timeZones } from "./015_time_zones.ts";
import { consumers } from "./016_consumers.ts";
import { compaction } from "./017_compaction.ts";
import { eventIds } from "./018_event_ids.ts";
import { identityDates } from "./019_identity_dates.ts";
import { traits } from "./020_traits.ts";
import { revisions } from "./021_revisions.ts";
import { audit } from "./022_audit.ts";
import { links } from "./023_links.ts";
import { commonValues } from "./024_common_values.ts";
import { progress } from "./025_progress.ts";
import { ticks } from "./026_ticks.ts";
import { lives } from "./027_lives.ts";
import { liveSessions } from "./028_live_sessions.ts";
import { checksums } from "./029_checksums.ts";
import { movingPersons } from "./030_moving_persons.ts";
import { moreChecksums } from "./031_more_checksums.ts";
import { accessChanges } from "./032_access_changes.ts";
import { newest } from "./033_newest.ts";

/** One step of the schema: its statements run in one transaction, once in the life of a database. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  channels,
  profiles,
  sessions,
  series,
  conversations,
  userSessions,
  jobs,
  reading,
  keys,
  access,
  sortedRuns,
  messageDetails,
  visits,
  loginAttempts,
  timeZones,
  consumers,
  compaction,
  eventIds,
  identityDates,
  traits,
  revisions,
  audit,
  links,
  commonValues,
  progress,
  ticks,
  lives,
  liveSessions,
  checksums,
  movingPersons,
  moreChecksums,
  accessChanges,
  newest,
];

/** The version of the schema that this program works with. */
export const SCHEMA_VERSION: number = MIGRATIONS.at(-1)!.version;
/** The version of a database's schema; 0 before the first migration. */
export const SELECT_SCHEMA_VERSION = `SELECT ifnull(max(version), 0) FROM schema_migration`;
