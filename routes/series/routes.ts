/** Every route of time series. */
import { del, get, patch, post, put, type Route } from "../route.ts";
import { removeSeries, retrieveFrame, saveFrame } from "./frames.ts";
import * as reference from "./reference.ts";
import { changeReference, listNewest, listReferences, listSymbols } from "./references.ts";
import { listRevisions, restoreRevision } from "./revisions.ts";

export const seriesRoutes: readonly Route[] = [
  get("/api/store", "series:read", reference.REFERENCES, listReferences),
  get("/api/store/:reference", "series:read", reference.SYMBOLS, listSymbols),
  get("/api/series", "series:read", reference.NEWEST, listNewest),
  patch("/api/store/:reference", "series:write", reference.CHANGE, changeReference),
  get("/api/store/:reference/:symbol", "series:read", reference.RETRIEVE, retrieveFrame),
  put("/api/store/:reference/:symbol", "series:write", reference.SAVE, saveFrame),
  post("/api/store/:reference/:symbol", "series:write", reference.SAVE, saveFrame),
  del("/api/store/:reference/:symbol", "series:write", reference.DELETE, removeSeries),
  get("/api/store/:reference/:symbol/revisions", "series:read", reference.REVISIONS, listRevisions),
  post("/api/store/:reference/:symbol/restore", "series:write", reference.RESTORE, restoreRevision),
];
