/** The routes for operators beside health, jobs and metrics. */
import { del, get, post, type Route } from "../route.ts";
import { ADD_KEY, addKey, LIST_KEYS, listKeys, REVOKE_KEY, revokeKey } from "./keys.ts";
import {
  BACKUPS,
  CONFIGURATION,
  FAULTS,
  FIGURES,
  listBackups,
  listFaults,
  showConfiguration,
  showFigures,
  showStorage,
  STORAGE,
} from "./state.ts";

export const operationRoutes: readonly Route[] = [
  get("/keys", "admin", LIST_KEYS, listKeys),
  post("/keys", "admin", ADD_KEY, addKey),
  del("/keys/:name", "admin", REVOKE_KEY, revokeKey),
  get("/configuration", "admin", CONFIGURATION, showConfiguration),
  get("/storage", "admin", STORAGE, showStorage),
  get("/backups", "admin", BACKUPS, listBackups),
  get("/faults", "admin", FAULTS, listFaults),
  get("/figures", "metrics:read", FIGURES, showFigures),
];
