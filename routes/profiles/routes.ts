/** Every route of profiles, events and analytics. */
import { del, get, post, put, type Route } from "../route.ts";
import { listApps, showAnalytics } from "./analytics.ts";
import { listNewest, recordEvent, recordEvents, showAccountTimeline, showAppTimeline } from "./events.ts";
import { exportPerson, removePerson } from "./people.ts";
import { readProfile, removeIds, removeProfile, splitLinks, updateProfile } from "./profiles.ts";
import {
  APP,
  APP_TIMELINE,
  APPS,
  FORGET,
  FORGET_PERSON,
  NEWEST,
  PERSON,
  READ,
  RECORD,
  RECORD_MANY,
  REMOVE_IDS,
  SPLIT,
  TIMELINE,
  UPDATE,
} from "./reference.ts";

export const profileRoutes: readonly Route[] = [
  put("/profile/:app/:account", "profiles:write", UPDATE, updateProfile),
  post("/profile/:app/:account", "profiles:write", UPDATE, updateProfile),
  get("/profile/:app/:account", "profiles:read", READ, readProfile),
  del("/profile/:app/:account", "profiles:write", FORGET, removeProfile),
  post("/profile/:app/:account/split", "profiles:write", SPLIT, splitLinks),
  del("/profile/:app/:account/:service", "profiles:write", REMOVE_IDS, removeIds),
  get("/person/:app/:account", "admin", PERSON, exportPerson),
  del("/person/:app/:account", "admin", FORGET_PERSON, removePerson),
  put("/event/:app/:account/:event", "profiles:write", RECORD, recordEvent),
  post("/event/:app/:account/:event", "profiles:write", RECORD, recordEvent),
  post("/event/:app", "profiles:write", RECORD_MANY, recordEvents),
  get("/event", "profiles:read", NEWEST, listNewest),
  get("/event/:app/:account/:event", "profiles:read", TIMELINE, showAccountTimeline),
  get("/event/:app/:event", "profiles:read", APP_TIMELINE, showAppTimeline),
  get("/analytics", "profiles:read", APPS, listApps),
  get("/analytics/:app", "profiles:read", APP, showAnalytics),
];
