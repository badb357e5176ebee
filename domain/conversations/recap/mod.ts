/** Recaps of conversations: pure, deterministic, without a model or the network. See docs/text-analysis.md. */
export type { ChannelMessage } from "./message.ts";
export { POINT_KINDS, type PointKind } from "./kinds.ts";
export { type Recap, recapOf, type RecapOptions, type RecapPoint, type RecapTopic } from "./recap.ts";
export { replyLinks, threadsOf } from "./threads.ts";
