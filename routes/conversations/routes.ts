/** Every route of conversations: logging in, statistics, messages in. */
import { del, get, post, type Route } from "../route.ts";
import { logIn, logOut, setZone, showZone } from "./auth.ts";
import { takeMattermostPost, takeSlackEvent } from "./ingest.ts";
import { deleteMessage, postMessages } from "./messages.ts";
import {
  ACTIVITY,
  ALL_ACTIVITY,
  HOT_TOPICS,
  LOG_IN,
  LOG_OUT,
  MATTERMOST,
  MESSAGES,
  MOST_ACTIVE,
  READ,
  RECAP,
  RECAP_SINCE,
  RECAPS,
  REMOVE,
  REPRESENTATIVES,
  REPRESENTATIVES_SINCE,
  SLACK,
  SUMMARIES,
  SUMMARY,
  SUMMARY_SINCE,
  ZONE,
  ZONE_SET,
} from "./reference.ts";
import { markRead, showAllRecaps, showRecap, showRecapSince } from "./recaps.ts";
import {
  showHotTopics,
  showMostActive,
  showPulse,
  showRepresentatives,
  showRepresentativesSince,
  showSummaries,
  showSummary,
  showSummarySince,
} from "./stats.ts";

export const conversationRoutes: readonly Route[] = [
  post("/api/auth", "public", LOG_IN, logIn),
  post("/api/auth/logout", "person", LOG_OUT, logOut),
  get("/api/auth/timezone", "person", ZONE, showZone),
  post("/api/auth/timezone", "person", ZONE_SET, setZone),
  get("/api/stats/pulse", "person", ALL_ACTIVITY, showPulse),
  get("/api/stats/pulse/:channel_id", "person", ACTIVITY, showPulse),
  get("/api/stats/most_active/:channel_id", "person", MOST_ACTIVE, showMostActive),
  get("/api/stats/hot_topics/:channel_id", "person", HOT_TOPICS, showHotTopics),
  get("/api/stats/representative_messages/:channel_id", "person", REPRESENTATIVES, showRepresentatives),
  post(
    "/api/stats/representative_messages/:channel_id",
    "person",
    REPRESENTATIVES_SINCE,
    showRepresentativesSince,
  ),
  get("/api/stats/summary/:channel_id", "person", SUMMARY, showSummary),
  post("/api/stats/summary/:channel_id", "person", SUMMARY_SINCE, showSummarySince),
  get("/api/stats/recap", "person", RECAPS, showAllRecaps),
  get("/api/stats/recap/:channel_id", "person", RECAP, showRecap),
  post("/api/stats/recap/:channel_id", "person", RECAP_SINCE, showRecapSince),
  post("/api/stats/recap/:channel_id/read", "person", READ, markRead),
  get("/api/stats/summaries/:channel_id", "person", SUMMARIES, showSummaries),
  post("/api/conversations/:channel_id/messages", "conversations:write", MESSAGES, postMessages),
  del("/api/conversations/:channel_id/messages/:message_id", "conversations:write", REMOVE, deleteMessage),
  post("/api/ingest/slack", "public", SLACK, takeSlackEvent),
  post("/api/ingest/mattermost", "public", MATTERMOST, takeMattermostPost),
];
