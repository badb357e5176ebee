/** What a channel may be called and how it may be set up: the schemas that validate and document requests. */
import { z } from "zod";
import type { ChannelChanges, ChannelSettings } from "../../db/channels/channels.ts";

/** 120 days, as the published description says. */
export const DEFAULT_TTL_MILLIS = 10_368_000_000;

/** A channel's name: trimmed, then 1 to 48 letters, digits and underscores; case sensitive. */
export const ChannelName = z.string({ error: "a channel needs a name (text)" }).trim().regex(
  /^[A-Za-z0-9_]{1,48}$/,
  "a name has 1 to 48 characters of a-z, A-Z, 0-9 and underscore",
).meta({ example: "stumptown" });

const positiveInteger = (wanted: string) =>
  z.union([z.number(), z.string().regex(/^\d{1,16}$/, wanted)], { error: wanted })
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value > 0, wanted);

/** Settings of a channel as a request gives them: each may be absent; `null` takes it away. */
export const SettingsBody = z.object({
  ttlMillis: positiveInteger("a positive whole number of milliseconds, or null for no expiry").nullable()
    .meta({
      description: "How long an item can be read, in milliseconds; null: for ever. 120 days unless given.",
      example: 3600000,
    }),
  maxItems: positiveInteger("a positive whole number of items, or null for no limit").nullable().meta({
    description: "At most that many items are kept; the oldest go first.",
  }),
  description: z.string().max(1024, "at most 1024 characters").nullable(),
  tags: z.array(
    z.string().trim().min(1, "a tag is not empty").max(48, "a tag has at most 48 characters"),
    { error: "a list of texts" },
  ).max(32, "at most 32 tags").transform((tags) => [...new Set(tags)].sort()),
}).partial();

/** The request that creates a channel. */
export const NewChannelBody = SettingsBody.extend({ name: ChannelName });

/** Fills what was not given with the defaults. */
export function withDefaults(changes: ChannelChanges): ChannelSettings {
  return {
    ttlMillis: changes.ttlMillis === undefined ? DEFAULT_TTL_MILLIS : changes.ttlMillis,
    maxItems: changes.maxItems ?? null,
    description: changes.description ?? null,
    tags: changes.tags ?? [],
  };
}
