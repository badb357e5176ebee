/** The wire shapes of what an operator sees: keys, configuration, storage, backups, faults and figures. */
import { z } from "zod";
import { SCOPES } from "../domain/access/keys.ts";
import { AREA_NAMES, type AreaName } from "../domain/areas.ts";
import { isDots } from "../domain/names.ts";
import { DAY_MS } from "../domain/time.ts";
import { duration, flag, Link, Moment, settings } from "./parameters.ts";

const KEY_NAME = "a name has 1 to 64 letters, digits, dots, hyphens and underscores, and is not . or ..";

/** The name of an API key. */
export const KeyName = z.string({ error: KEY_NAME }).regex(/^[\w.-]{1,64}$/, KEY_NAME).refine(
  (name) => !isDots(name),
  KEY_NAME,
);

/** What a key may be allowed, by the names of the scopes. */
export const ALL_SCOPES: readonly string[] = SCOPES;

const Scope = z.enum(SCOPES as [string, ...string[]], {
  error: ({ input }) => `${JSON.stringify(input)} is none of ${SCOPES.join(", ")}`,
});

/** The request that makes a key. */
export const NewKeyBody = settings({
  name: KeyName,
  scopes: z.array(Scope, { error: "a list of scopes" }).min(1, "at least one scope"),
  days: z.number({ error: "a number of days above 0" }).positive("a number of days above 0").max(
    36_500,
    "at most 36500 days",
  ).optional().meta({ description: "Expires after so many days; never unless given." }),
});

const KeySettings = {
  name: z.string(),
  scopes: z.array(z.string()),
  expires: Moment.optional().meta({ description: "Absent: never." }),
};

/** A key that was just made. */
export const MadeKey = z.strictObject({
  ...KeySettings,
  secret: z.string().meta({ description: "Shown here and never again.", example: "rnl_…" }),
}).meta({ id: "MadeKey" });

/** The keys by name, without their secrets. */
export const ApiKeyList = z.strictObject({
  keys: z.array(z.strictObject({
    ...KeySettings,
    created: Moment,
    used: Moment.optional().meta({ description: "The hour of its last use; absent: never." }),
  })),
}).meta({ id: "ApiKeyList" });

/** The settings of this process. */
export const Configuration = z.strictObject({
  settings: z.array(z.strictObject({
    name: z.string(),
    value: z.string().optional().meta({ description: "Absent: it is not set, or it is a secret." }),
    isSecret: z.boolean(),
    isSet: z.boolean().meta({ description: "Whether the environment sets it." }),
    about: z.string(),
  })),
}).meta({ id: "Configuration" });

const Bytes = z.int().meta({ description: "Bytes." });
const ofAreas = <T extends z.ZodType>(of: T) =>
  z.strictObject(Object.fromEntries(AREA_NAMES.map((name) => [name, of])) as Record<AreaName, T>);

/** How the storage is asked. */
export const StorageQuery = z.object({
  areas: flag("By area, too: reads every page of the file, a second or so for each gigabyte.").optional(),
});

/** What the data takes on the disk. */
export const StorageAnswer = z.strictObject({
  file: Bytes,
  log: Bytes,
  areas: ofAreas(Bytes).extend({ other: Bytes, free: Bytes }).optional().meta({
    description:
      "`free` is room in the file for what comes. Absent: not asked for, or a server has the data.",
  }),
}).meta({ id: "Storage" });

/** Backups in BACKUP_DIR. */
export const BackupList = z.strictObject({
  plan: z.strictObject({ folder: z.string(), everyMillis: z.int(), keep: z.int() }).optional().meta({
    description: "Absent: BACKUP_DIR is not set.",
  }),
  backups: z.array(z.strictObject({ name: z.string(), time: Moment, bytes: Bytes })),
}).meta({ id: "BackupList" });

/** Answers that were our fault, the newest first. */
export const FaultList = z.strictObject({
  faults: z.array(z.strictObject({
    time: Moment,
    requestId: z.string(),
    request: z.string().meta({ description: "Method and path." }),
    code: z.string(),
    cause: z.string(),
  })),
}).meta({ id: "FaultList" });

/** Which figures. */
export const FiguresQuery = z.object({
  last: duration(DAY_MS, "How far back; an hour unless given.").optional(),
  every: duration(DAY_MS, "How long a point is; a minute unless given, at least 10 seconds.").optional(),
});

/** What the process did and how it was, a point for each stretch of time. */
export const Figures = z.strictObject({
  everyMillis: z.int(),
  points: z.array(z.strictObject({
    time: Moment.meta({ description: "The end of the stretch." }),
    millis: z.number().meta({ description: "Its length: less than asked for at the start of the process." }),
    requests: z.int(),
    faults: z.int().meta({ description: "Answers of 500 and above." }),
    commits: z.int(),
    writes: z.int().meta({ description: "Writes in the commits." }),
    commitMillis: z.number().meta({ description: "What the commits took together." }),
    changes: ofAreas(z.int()).meta({ description: "Requests that changed something, or asked to." }),
    memory: Bytes,
    databaseBytes: Bytes,
    subscribers: z.int(),
    waiting: z.int().meta({ description: "Writes that waited for a commit." }),
  })),
  _links: z.strictObject({ self: Link }),
}).meta({ id: "Figures" });
