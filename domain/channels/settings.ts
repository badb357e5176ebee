/** What a channel's settings are when nobody says. */
import type { ChannelChanges, ChannelSettings } from "../../db/channels/channels.ts";

/** 120 days, as the published description says. */
export const DEFAULT_TTL_MILLIS = 10_368_000_000;

/** Fills what was not given with the defaults. */
export function withDefaults(changes: ChannelChanges): ChannelSettings {
  return {
    ttlMillis: changes.ttlMillis === undefined ? DEFAULT_TTL_MILLIS : changes.ttlMillis,
    maxItems: changes.maxItems ?? null,
    description: changes.description ?? null,
    tags: changes.tags ?? [],
    owner: changes.owner ?? null,
    compact: changes.compact ?? false,
  };
}
